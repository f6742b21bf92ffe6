import { Failure } from './failure.js';

/** Calls master (through ui, so under the page's own origin) and answers the JSON. Throws `Failure`. */
export async function api(method, path, signal) {
  let response;
  let body;
  try {
    response = await fetch(path, { method, signal, cache: 'no-store', headers: { Accept: 'application/json' } });
    body = response.status === 204 ? undefined : await response.json();
  } catch (error) {
    // A body that is no JSON, on the other hand, is an answer.
    if (!response || !(error instanceof SyntaxError)) throw new Failure();
  }
  if (!response.ok) throw Failure.of(response.status, body, response.headers.get('Retry-After'));
  return body;
}

/**
 * Uploads a photo and answers its task. With `XMLHttpRequest`, because `fetch` does not tell how far an upload is.
 * A repeated upload under the same key answers the first one's task. Throws `Failure`.
 */
export function upload(file, { key, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/task');
    request.responseType = 'json';
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Idempotency-Key', key);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = request.onabort = () => reject(new Failure());
    request.onload = () => {
      const { status, response } = request;
      if (status < 300 && response?.id) resolve(response);
      else reject(Failure.of(status, response, request.getResponseHeader('Retry-After')));
    };
    signal.addEventListener('abort', () => request.abort());
    const form = new FormData();
    form.set('image', file, file.name);
    request.send(form);
  });
}
