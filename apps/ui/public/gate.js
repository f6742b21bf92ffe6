/** Lets a few in at a time; the others wait for their turn, first come, first served. */
export class Gate {
  #places;
  #line = [];

  constructor(places) {
    this.places = places;
    this.#places = places;
  }

  /** Whether somebody is inside. */
  get busy() {
    return this.#places < this.places;
  }

  /** Whether somebody waits. */
  get crowded() {
    return this.#line.length > 0;
  }

  /** Runs a piece of work once there is a place; not at all when it was aborted before. */
  async run(work, signal) {
    if (this.#places > 0) this.#places--;
    else await new Promise((enter) => this.#line.push(enter));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The place passes straight to the next in line, so that nobody can slip in between.
      const next = this.#line.shift();
      if (next) next();
      else this.#places++;
    }
  }
}

/** A browser keeps six connections to one origin; these and the pictures share them. */
export const uploads = new Gate(3);
export const polls = new Gate(4);
