import pinoPretty from 'pino-pretty';

/** Log lines for people. In this thread, not as a pino transport: a transport cannot be bundled. */
export function pretty(): pinoPretty.PrettyStream {
  return pinoPretty({
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname,service,context,requestId,req,res,responseTime',
    translateTime: 'SYS:HH:MM:ss',
    colorize: process.stdout.isTTY || process.env.FORCE_COLOR === '1',
  });
}
