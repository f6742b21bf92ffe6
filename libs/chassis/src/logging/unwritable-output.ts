/**
 * Lets the process outlive its output: whoever reads it may go, a terminal may be closed, a disk may be full. What cannot
 * be written is lost; without this, it would end the process as an error that nobody handles.
 */
export function outliveOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
}
