/** Prints a small table of figures under a title. */
export function report(title: string, rows: [string, string][]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, figure]) => `  ${name.padEnd(width)}  ${figure}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

export function median(values: number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1]!;
}
