import express, { type RequestHandler } from 'express';

/** Nothing inline and nothing from elsewhere; `blob:` is the preview of a photo that is still being uploaded. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the page's files; what is not one of them is left to the routes. Browsers keep the files but ask every time
 * whether they are current, so that an update reaches every page at its next load.
 */
export function pageFiles(folder: string): RequestHandler {
  return express.static(folder, {
    cacheControl: false,
    redirect: false,
    setHeaders: (response) => {
      response.setHeader('Cache-Control', 'no-cache');
      response.setHeader('Content-Security-Policy', contentSecurityPolicy);
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.setHeader('X-Content-Type-Options', 'nosniff');
    },
  });
}
