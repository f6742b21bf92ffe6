import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Log lines for people. In this thread, not as a pino transport: a transport cannot be bundled. */
export function pretty(output: DestinationStream): DestinationStream {
  const shown = prettyFactory({
    singleLine: true,
    ignore: 'pid,hostname,service,context,requestId,req,res,responseTime',
    translateTime: 'SYS:HH:MM:ss',
    colorize: process.stdout.isTTY || process.env.FORCE_COLOR === '1',
  });
  return { write: (line) => output.write(shown(line)) };
}
