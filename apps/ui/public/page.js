import { api } from './api.js';
import { backoff, pause } from './pause.js';
import { Photo } from './photo.js';
import { keepQueueLine } from './queue-line.js';

const pageSize = 20;

const list = document.getElementById('cards');
const notice = document.getElementById('notice');
const empty = document.getElementById('empty');
const older = document.getElementById('older');
const input = document.getElementById('file-input');

const photos = new Set();
let listed = false;

const events = {
  /** The list may have come while the upload was still being answered, and have its task already. */
  onTask(photo) {
    for (const other of photos) if (other !== photo && other.id === photo.id) other.remove();
  },
  onRemoved(photo) {
    photos.delete(photo);
    empty.hidden = !listed || photos.size > 0;
  },
};

function add(files) {
  for (const file of files) {
    const photo = Photo.ofFile(file, events);
    photos.add(photo);
    list.prepend(photo.card.element);
  }
  if (photos.size > 0) empty.hidden = true;
}

/** Shows the tasks that came before this page, from a cursor on; tries until the service answers. */
async function showList(after) {
  for (let failures = 1; ; failures++) {
    try {
      const { tasks, next } = await api('GET', `/task?limit=${pageSize}${after ? `&after=${after}` : ''}`);
      for (const task of tasks) {
        if ([...photos].some(({ id }) => id === task.id)) continue;
        const photo = Photo.ofTask(task, events);
        photos.add(photo);
        list.append(photo.card.element);
      }
      older.hidden = !next;
      older.onclick = () => {
        older.hidden = true;
        void showList(encodeURIComponent(next));
      };
      listed = true;
      empty.hidden = photos.size > 0;
      notice.hidden = true;
      return;
    } catch (failure) {
      notice.textContent = `Your photos cannot be listed just now. ${failure.detail ?? failure} Trying again …`;
      notice.hidden = false;
      await pause(backoff(failures, failure));
    }
  }
}

/** After a deletion the keyboard goes on at the next card, not at the top of the page. */
function keepFocus({ target }) {
  const card = target.closest('.delete') && target.closest('.card');
  if (!card) return;
  const neighbour = card.nextElementSibling ?? card.previousElementSibling;
  new MutationObserver((_changes, observer) => {
    if (card.isConnected) return;
    observer.disconnect();
    if (document.activeElement === document.body) (neighbour?.querySelector('.delete') ?? input).focus();
  }).observe(list, { childList: true });
}

input.addEventListener('change', () => {
  add(input.files);
  // So that choosing the same file again is a change.
  input.value = '';
});
list.addEventListener('click', keepFocus);

// The whole page takes drops: one that misses the zone must not make the browser leave the page for the photo.
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
for (const end of ['dragleave', 'drop', 'dragend']) {
  addEventListener(end, (event) => {
    if (end !== 'dragleave' || event.relatedTarget === null) document.body.classList.remove('dropping');
  });
}
addEventListener('drop', (event) => {
  event.preventDefault();
  add(event.dataTransfer.files);
});

void showList();
void keepQueueLine(document.getElementById('queue'));
