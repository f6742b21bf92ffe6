import { destination, type DestinationStream } from 'pino';

/** What may wait to be written, in bytes; newer lines are lost. */
const maxLength = 1_000_000;

/** Standard output for log lines: written at once, and lost where nothing can be written. */
export function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true, maxLength });
  // pino itself outlives a reader that is gone, but neither a terminal that was closed nor a full disk.
  output.on('error', () => undefined);
  return output;
}
