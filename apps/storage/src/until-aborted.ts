/**
 * The items of a source until the signal aborts; then it throws the signal's reason, at once even while the source is
 * silent. The source is closed in any case, but not waited for: a silent one may never answer.
 */
export async function* untilAborted<Item>(source: AsyncIterable<Item>, signal?: AbortSignal): AsyncGenerator<Item> {
  signal?.throwIfAborted();
  const items = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await orAborted(items.next(), signal);
      ended = done === true;
      if (ended) return;
      yield value as Item;
    }
  } finally {
    if (!ended) items.return?.().catch(() => undefined);
  }
}

/** A race whose loser leaves nothing behind: `Promise.race` would leave a reaction on the signal for every item. */
function orAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller chose the reason
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
