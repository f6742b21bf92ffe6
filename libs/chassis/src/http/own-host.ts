import { Problem } from '#contracts';
import type { RequestHandler } from 'express';

const loopbackAddress = /^127\./;
const loopbackName = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a `Host` is a name of this machine that no name server can give to another address, or take from one. */
export function isLoopbackHost(host: string): boolean {
  return loopbackName.test(nameOf(host) ?? '');
}

/**
 * Refuses requests for another host on a service that listens on loopback, where nobody calls it by a name of the
 * Internet: a page whose own name was bound anew, to this machine, would otherwise be of the same origin as the service,
 * and could list, download and delete. What is no browser may leave `Host` out.
 * @param address where the service listens
 * @param advertise a host, or a host and a port, under which it is known besides
 */
export function requireOwnHost(address: string, advertise: string | undefined): RequestHandler {
  const own = advertise ? nameOf(advertise) : null;
  const isOwn = (host: string): boolean => isLoopbackHost(host) || (own !== null && nameOf(host) === own);
  return ({ headers: { host } }, _response, next) => {
    if (host === undefined || !loopbackAddress.test(address) || isOwn(host)) next();
    else next(new Problem('misdirected-request', 'Only loopback names, and that of MICRO_ADVERTISE, lead here'));
  };
}

/** The name in `name:port`, in lower case; null when there is none. */
function nameOf(host: string): string | null {
  return URL.parse(`http://${host}`)?.hostname ?? null;
}
