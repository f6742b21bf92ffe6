import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { serveSwagger } from './swagger.js';

/** What master needs beyond its module, before it listens. */
export function prepare(app: NestExpressApplication): void {
  // Master speaks plain HTTP, behind whatever ends TLS: it must not send browsers to an HTTPS that is not there.
  const directives = { upgradeInsecureRequests: null };
  app.use(helmet({ contentSecurityPolicy: { directives }, strictTransportSecurity: false }));
  serveSwagger(app);
}
