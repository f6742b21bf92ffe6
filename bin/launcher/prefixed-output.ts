const colours = [36, 33, 32, 35, 34, 31];

/** Writes the lines of many services to one stream, each behind its service's name. */
export class PrefixedOutput {
  private readonly names: string[] = [];

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly width: number,
  ) {}

  /** A function that writes one line of the service. */
  of(name: string): (line: string) => void {
    const colour = colours[this.names.push(name) % colours.length];
    const prefix = `${name.padEnd(this.width)} | `;
    const shown = this.stream.isTTY ? `\u001b[${colour}m${prefix}\u001b[0m` : prefix;
    return (line) => void this.stream.write(`${shown}${line}\n`);
  }
}
