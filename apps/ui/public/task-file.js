import { apiKey } from './api-key.js';
import { fetchFile } from './api.js';

/**
 * Shows a file in an image. An image cannot carry a key: where there is one, the page fetches the file itself, once the
 * image comes into view.
 */
export function showPicture(image, address) {
  image.loading = 'lazy';
  image.decoding = 'async';
  // Some formats that workers can read, browsers cannot.
  image.onerror = () => image.remove();
  if (!apiKey() || address.startsWith('blob:')) {
    image.src = address;
    return;
  }
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    fetchFile(address).then(
      ({ blob }) => {
        image.onload = () => URL.revokeObjectURL(image.src);
        image.src = URL.createObjectURL(blob);
      },
      () => image.remove(),
    );
  });
  observer.observe(image);
}

/** Makes a link a download, which with a key the page fetches itself as well. */
export function offerDownload(link, address, onFailure) {
  link.href = address;
  link.download = '';
  link.addEventListener('click', (event) => {
    if (!apiKey()) return;
    event.preventDefault();
    fetchFile(address).then(save, onFailure);
  });
}

function save({ blob, name }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not every browser has begun to read it by now.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
