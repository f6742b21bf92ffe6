/**
 * Calls back whenever this process is told to stop.
 *
 * SIGHUP says that the terminal was closed. Who starts the launcher with `nohup`, or from a service manager, wants it to
 * outlive the terminal; but Node takes back an inherited decision to ignore the signal before any of our code runs. What
 * is left to go by is that neither input nor output is a terminal then.
 */
export function onStopSignal(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  const isAtTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.on('SIGHUP', isAtTerminal ? stop : () => undefined);
}
