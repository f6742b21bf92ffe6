import { offerDownload, showPicture } from './task-file.js';

const template = document.getElementById('card-template');
const resultTemplate = document.getElementById('result-template');
const announcements = document.getElementById('announcements');

/** What a screen reader says when a card comes to one of these states; the states in between would only chatter. */
const announced = ['finished', 'failed', 'cancelled', 'refused', 'interrupted'];

/** One photo on the page, from the choice of its file to its result. It only shows; what happens is told to it. */
export class Card {
  /** The address of the picture of the upload. */
  #source = null;

  constructor(name) {
    this.name = name;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.setAttribute('aria-label', name);
    const title = this.#find('.name');
    title.textContent = name;
    title.title = name;
    this.deleteButton = this.#find('.delete');
    this.deleteButton.setAttribute('aria-label', `Delete ${name}`);
  }

  /** Shows the chosen file itself while it is on its way. */
  showFile(file) {
    this.#showSource(URL.createObjectURL(file));
    this.#find('.facts').textContent = sizeText(file.size);
  }

  showState(state, stage = '') {
    const before = this.element.dataset.state;
    this.element.dataset.state = state;
    this.#find('.state').textContent = state;
    this.#find('.stage').textContent = stage;
    if (before && before !== state && announced.includes(state)) announcements.textContent = `${this.name}: ${state}`;
  }

  /** @param part of the upload that is done, 0 to 1; null when nothing is being uploaded. */
  showProgress(part) {
    const bar = this.#find('progress');
    bar.hidden = part === null;
    bar.value = part ?? 0;
    bar.setAttribute('aria-label', `Upload of ${this.name}`);
  }

  showError(error) {
    const box = this.#find('.error');
    box.hidden = !error;
    box.querySelector('code').textContent = error?.code ?? '';
    box.querySelector('span').textContent = error?.detail ?? '';
    const details = box.querySelector('details');
    details.hidden = !error?.technical;
    details.querySelector('p').textContent = error?.technical ?? '';
  }

  /** Offers to try again; null offers nothing. */
  showRetry(label, onClick) {
    const button = this.#find('.retry');
    button.hidden = !label;
    button.textContent = label ?? '';
    button.setAttribute('aria-label', `${label}: ${this.name}`);
    button.onclick = onClick ?? null;
  }

  showTask(task) {
    const { source, state, stage, availableAt, error, outputs } = task;
    if (!this.#source) this.#showSource(source.href);
    const facts = [sizeText(source.size), source.width && `${source.width} × ${source.height}`];
    this.#find('.facts').textContent = facts.filter(Boolean).join(' · ');
    this.showProgress(null);
    const waiting = state === 'queued' && availableAt;
    this.showState(state, waiting ? 'for another try' : (stage ?? ''));
    // The error of an attempt stays on a task that waits for the next; it is of interest then, too.
    this.showError(state === 'finished' ? null : error);
    this.#showOutputs(outputs);
  }

  remove() {
    this.element.remove();
    if (this.#source?.startsWith('blob:')) URL.revokeObjectURL(this.#source);
  }

  #showSource(address) {
    this.#source = address;
    const image = document.createElement('img');
    image.alt = `Upload: ${this.name}`;
    showPicture(image, address);
    this.#find('.source').replaceChildren(image);
  }

  #showOutputs(outputs) {
    if (this.#find('.output') && outputs.length > 0) return;
    for (const old of this.element.querySelectorAll('.output, .button')) old.remove();
    this.#find('.pending').hidden = outputs.length > 0;
    for (const output of outputs) {
      const figure = resultTemplate.content.firstElementChild.cloneNode(true);
      const image = figure.querySelector('img');
      image.alt = `Result ${output.name}: ${this.name}`;
      showPicture(image, output.href);
      figure.querySelector('figcaption').textContent = `Result, ${sizeText(output.size)}`;
      this.#find('.pictures').append(figure);
      const link = document.createElement('a');
      link.className = 'button';
      link.dataset.testid = 'download';
      offerDownload(link, output.href, (failure) => this.showError(failure));
      link.textContent = outputs.length > 1 ? `Download ${output.name}` : 'Download';
      link.setAttribute('aria-label', `Download ${output.name} of ${this.name}`);
      this.#find('.retry').before(link);
    }
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [size, unit] = bytes < 999_500 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`;
}
