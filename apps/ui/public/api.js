import { underKey } from './api-key.js';
import { Failure } from './failure.js';

/** Calls master (through ui, so under the page's own origin) and answers the JSON. Throws `Failure`. */
export function api(method, path, signal) {
  const request = { method, signal, cache: 'no-store', headers: { Accept: 'application/json' } };
  return call(path, request, (response) => (response.status === 204 ? undefined : response.json()));
}

/** Answers the bytes of a file of a task, and the name under which it is to be saved. Throws `Failure`. */
export function fetchFile(path) {
  return call(path, {}, async (response) => ({
    blob: await response.blob(),
    name: fileName(response.headers.get('Content-Disposition') ?? ''),
  }));
}

function call(path, request, read) {
  return underKey(async (authorization) => {
    let response;
    let body;
    try {
      response = await fetch(path, { ...request, headers: { ...request.headers, ...authorization } });
      body = await (response.ok ? read(response) : response.json());
    } catch (error) {
      // A body that is no JSON, on the other hand, is an answer.
      if (!response || !(error instanceof SyntaxError)) throw new Failure();
    }
    if (!response.ok) throw Failure.of(response.status, body, response.headers.get('Retry-After'));
    return body;
  });
}

/**
 * Uploads a photo and answers its task. With `XMLHttpRequest`, because `fetch` does not tell how far an upload is.
 * A repeated upload under the same key answers the first one's task. Throws `Failure`.
 */
export function upload(file, { key, onProgress }) {
  return underKey((authorization) => send(file, { key, authorization, onProgress }));
}

function send(file, { key, authorization, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/task');
    request.responseType = 'json';
    const headers = { Accept: 'application/json', 'Idempotency-Key': key, ...authorization };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Failure());
    request.onload = () => {
      const { status, response } = request;
      if (status < 300 && response?.id) resolve(response);
      else reject(Failure.of(status, response, request.getResponseHeader('Retry-After')));
    };
    const form = new FormData();
    form.set('image', file, file.name);
    request.send(form);
  });
}

function fileName(disposition) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  if (encoded) return decodeURIComponent(encoded);
  const [, quoted, plain = ''] = /filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(disposition) ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
}
