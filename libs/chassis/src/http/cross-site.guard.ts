import { Problem } from '#contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * Refuses changes that a browser makes for a page of another site: without this, any page could have its visitor's
 * browser upload to, or delete from, a system on the visitor's own machine. Browsers say it in `Sec-Fetch-Site`, which
 * no page can set; other clients do not send it.
 */
@Injectable()
export class CrossSiteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<Request>();
    const site = headers['sec-fetch-site'];
    if (method === 'GET' || method === 'HEAD' || (site !== 'cross-site' && site !== 'same-site')) return true;
    throw new Problem('cross-site-request', 'Pages of other sites cannot change anything here');
  }
}
