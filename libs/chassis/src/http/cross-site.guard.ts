import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '#contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * Refuses changes that a browser makes for a page of another site: without this, any page could have its visitor's
 * browser upload to, or delete from, a system that the visitor can reach. Browsers say it in headers that no page can
 * set; other clients do not send them.
 */
@Injectable()
export class CrossSiteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<Request>();
    if (method === 'GET' || method === 'HEAD' || isOfThisSite(headers)) return true;
    throw new Problem('cross-site-request', 'Pages of other sites cannot change anything here');
  }
}

/** To plain HTTP beyond localhost, browsers send no `Sec-Fetch-Site`, only the `Origin` of the page. */
function isOfThisSite(headers: IncomingHttpHeaders): boolean {
  const { origin, host, 'sec-fetch-site': site, 'x-forwarded-host': forwarded } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  const page = URL.parse(origin);
  // A proxy may have put its own name for this service into `Host`.
  const asked = [host, String(forwarded ?? '').split(',')[0]];
  return page !== null && asked.some((name) => URL.parse(`${page.protocol}//${name}`)?.host === page.host);
}
