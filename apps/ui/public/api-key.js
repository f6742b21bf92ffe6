const item = 'api-key';
const form = document.getElementById('key-form');
const reason = document.getElementById('key-reason');
const input = document.getElementById('api-key');

let asked = null;

/** The key of the API that this tab was given; null when it was given none. */
export function apiKey() {
  return sessionStorage.getItem(item);
}

/** Makes a call with the headers that carry the key. One that is refused waits for another key, and is made again. */
export async function underKey(call) {
  for (;;) {
    const key = apiKey();
    try {
      return await call(key ? { Authorization: `Bearer ${key}` } : {});
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      // Another call may have asked meanwhile.
      if (apiKey() === key) await (asked ??= anotherKey());
    }
  }
}

/** Asks for a key, once for all calls that want one. */
function anotherKey() {
  reason.textContent = apiKey() ? 'This key is not known here.' : 'This service wants a key.';
  form.hidden = false;
  if (document.activeElement === document.body) input.focus();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      // No key has anything else in it, and no header could carry it.
      const key = input.value.replaceAll(/[^!-~]/g, '');
      input.value = '';
      if (!key) return;
      sessionStorage.setItem(item, key);
      form.hidden = true;
      asked = null;
      resolve();
    };
  });
}
