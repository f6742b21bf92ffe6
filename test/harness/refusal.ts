import { isProblemCode } from '#contracts';
import { expect } from 'vitest';
import type { RawAnswer } from './raw-request.js';

/** A problem as a client reads it. */
export interface Refusal {
  status: number;
  code: string;
  detail: string;
}

/** The problem in an answer, which must be one of ours. */
export async function refusalIn(answer: Response | RawAnswer): Promise<Refusal> {
  const isRaw = answer.body instanceof Buffer;
  const type = isRaw ? (answer as RawAnswer).headers['content-type'] : (answer as Response).headers.get('Content-Type');
  expect(type).toMatch(/^application\/problem\+json/);
  const text = isRaw ? String(answer.body) : await (answer as Response).text();
  const refusal = JSON.parse(text) as Refusal;
  expect(refusal.status).toBe(answer.status);
  expect(isProblemCode(refusal.code), text).toBe(true);
  expect(refusal.detail.length).toBeGreaterThan(0);
  return refusal;
}
