/** Resolves after some seconds, or at once when the signal aborts. */
export function pause(seconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end);
  });
}

/** How long to wait after so many failures in a row, in seconds: doubling up to 30, never in step with other pages. */
export function backoff(failures, failure) {
  return Math.max(failure?.retryAfter ?? 0, Math.min(30, 2 ** (failures - 1)) * (0.75 + Math.random() / 2));
}
