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
    card.showState('waiting');
    try {
      const task = await uploads.run(() => {
        card.showState('uploading');
        card.showProgress(0);
        return upload(this.#file, { key: this.#key, signal, onProgress: (part) => card.showProgress(part) });
      }, signal);
      if (signal.aborted) return;
      this.#file = null;
      this.#show(task);
      this.onTask(this);
      if (!isFinal(task)) await this.#watch();
    } catch (failure) {
      if (signal.aborted) return;
      card.showProgress(null);
      card.showError(failure);
      card.showState(failure.passing ? 'interrupted' : 'refused');
      if (failure.passing) card.showRetry('Retry upload', () => this.#upload());
    }
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
    }
    this.remove();
  }
}

/** Random and 128 bits long. Not `crypto.randomUUID`, which pages without TLS have only on localhost. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
