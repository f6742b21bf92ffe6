import { api, upload } from './api.js';
import { Card } from './card.js';
import { uploads } from './gate.js';
import { isFinal, watch } from './watch.js';

/** A photo's whole life on the page: uploaded, followed as a task, retried, deleted. */
export class Photo {
  /** The task's id, once there is one. */
  id = null;
  /** One per photo: an upload that is repeated, because nobody knows how the first ended, makes no second task. */
  #key = newKey();
  #file = null;
  /** Whether there may be a task although there is no id: an upload was begun, and nobody has said what became of it. */
  #unsure = false;
  #uploading = false;
  /** Whether the task is to be deleted as soon as its id is known. */
  #unwanted = false;
  #life = new AbortController();

  constructor(name, { onTask, onRemoved }) {
    this.card = new Card(name);
    this.onTask = onTask;
    this.onRemoved = onRemoved;
    this.card.deleteButton.addEventListener('click', () => this.#delete());
  }

  static ofFile(file, events) {
    const photo = new Photo(file.name, events);
    photo.#file = file;
    photo.card.showFile(file);
    void photo.#upload();
    return photo;
  }

  static ofTask(task, events) {
    const photo = new Photo(task.source.name, events);
    photo.#show(task);
    if (!isFinal(task)) void photo.#watch();
    return photo;
  }

  /** Takes the photo off the page, and nothing else. */
  remove() {
    this.#life.abort();
    this.card.remove();
    this.onRemoved(this);
  }

  async #upload() {
    const { card } = this;
    const { signal } = this.#life;
    card.showError(null);
    card.showRetry(null);
    if (!this.#unwanted) card.showState('waiting');
    const wasUnsure = this.#unsure;
    this.#uploading = true;
    let task;
    try {
      task = await uploads.run(() => {
        this.#unsure = true;
        if (!this.#unwanted) card.showState('uploading');
        card.showProgress(0);
        return upload(this.#file, { key: this.#key, onProgress: (part) => card.showProgress(part) });
      }, signal);
      this.#file = null;
      this.#show(task);
      this.onTask(this);
    } catch (failure) {
      if (signal.aborted) return;
      this.#unsure = failure.unsure || (wasUnsure && failure.passing);
      this.#showInterruption(failure);
      return;
    } finally {
      this.#uploading = false;
    }
    if (this.#unwanted) await this.#delete();
    if (!isFinal(task)) await this.#watch();
  }

  #showInterruption(failure) {
    const { card } = this;
    if (this.#unwanted && !this.#unsure) {
      this.remove();
      return;
    }
    this.#unwanted = false;
    card.deleteButton.disabled = false;
    card.showProgress(null);
    card.showError(failure);
    card.showState(failure.passing ? 'interrupted' : 'refused');
    if (failure.passing) card.showRetry('Retry upload', () => this.#upload());
  }

  #watch() {
    return watch(this.id, {
      signal: this.#life.signal,
      onTask: (task) => this.#show(task),
      onTrouble: (failure) => {
        if (failure.status === 404 || failure.status === 410) this.remove();
        else if (failure.passing) this.card.showState(this.card.element.dataset.state, 'no connection, trying again');
        else this.card.showError(failure);
      },
    });
  }

  #show(task) {
    this.id = task.id;
    this.card.showTask(task);
    const again = task.state === 'failed' || task.state === 'cancelled';
    this.card.showRetry(again ? 'Try again' : null, () => this.#retry());
  }

  async #retry() {
    this.card.showRetry(null);
    try {
      this.#show(await api('POST', `/task/${this.id}/retry`, this.#life.signal));
    } catch (failure) {
      this.card.showError(failure);
      this.card.showRetry('Try again', () => this.#retry());
      return;
    }
    await this.#watch();
  }

  async #delete() {
    const { deleteButton } = this.card;
    if (this.id) {
      deleteButton.disabled = true;
      try {
        await api('DELETE', `/task/${this.id}`);
      } catch (failure) {
        if (failure.status !== 404 && failure.status !== 410) {
          deleteButton.disabled = false;
          this.card.showError(failure);
          return;
        }
      }
    } else if (this.#unsure) {
      // An upload that is broken off now may have arrived already. Only its answer, or another one under the same key,
      // tells which task is to go.
      deleteButton.disabled = true;
      this.#unwanted = true;
      this.card.showState('deleting');
      if (!this.#uploading) await this.#upload();
      return;
    }
    this.remove();
  }
}

/** Random and 128 bits long. Not `crypto.randomUUID`, which pages without TLS have only on localhost. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
