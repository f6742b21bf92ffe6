import { requestContext } from '#contracts';
import type { Params } from 'nestjs-pino';
import { standardOutput } from './standard-output.js';
import { pretty } from './pretty-stream.js';
import type { ServiceConfig } from '../config/service-config.js';
import type { ServiceIdentity } from '../service-identity.js';

/** Nest's own start-up chatter: one line a module and a route, which says nothing in operation. */
const chatter = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** What clients, and proxies before them, prove by who they are. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie'];

/** JSON lines with service and request id; every request at debug level. */
export function loggingOptions(config: ServiceConfig, identity: ServiceIdentity): Params {
  return {
    pinoHttp: {
      level: config.logLevel,
      base: { service: identity.service },
      mixin: () => ({ ...requestContext.getStore() }),
      useLevel: 'debug',
      quietReqLogger: true,
      autoLogging: config.logLevel === 'debug',
      redact: secretHeaders.map((name) => `req.headers["${name}"]`),
      hooks: {
        logMethod(args, method) {
          const [first] = args as [unknown];
          const context = typeof first === 'object' && first !== null && 'context' in first ? first.context : undefined;
          if (!chatter.has(String(context))) method.apply(this, args);
        },
      },
      stream: config.logFormat === 'pretty' ? pretty(standardOutput()) : standardOutput(),
    },
  };
}
