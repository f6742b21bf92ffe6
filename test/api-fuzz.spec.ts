import { problemCodes, type ProblemCode } from '#contracts';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from './fuzz/openapi-document.js';
import { apiRequest, type Known } from './fuzz/request.arbitrary.js';
import { loggedErrors } from './harness/logged-errors.js';
import { png } from './harness/photo.js';
import { rawRequest, type RawAnswer, type RawRequest } from './harness/raw-request.js';
import { refusalIn } from './harness/refusal.js';
import { System } from './harness/system.js';

const requests = Number(process.env.FUZZ_REQUESTS ?? 800);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
/** No request of these asks to wait for longer than a second. */
const longestAnswerMs = 10_000;

async function ask(endpoint: string, request: RawRequest): Promise<RawAnswer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${longestAnswerMs} ms`)), longestAnswerMs);
  try {
    return await Promise.race([rawRequest(endpoint, request), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

describe('the API', () => {
  const system = System.shared({
    env: { MICRO_RATE_LIMIT: '0', MICRO_TOKEN: 'a-token-of-the-end-to-end-tests', MICRO_MAX_UPLOAD_BYTES: '1000000' },
  });
  let document: OpenApiDocument;
  beforeAll(async () => {
    await system().launch('ui');
    document = (await (await system().client.fetch('/api-json')).json()) as OpenApiDocument;
  });

  async function known(): Promise<Known> {
    const { client } = system();
    const image = await png({ width: 32, height: 24 });
    const tasks = await Promise.all(
      [image, image, image, image.subarray(0, 200), image.subarray(0, 200)].map((picture) => client.upload(picture)),
    );
    await Promise.all(tasks.map(({ id }) => client.settled(id)));
    return { ids: tasks.map(({ id }) => id), image, token: 'a-token-of-the-end-to-end-tests' };
  }

  it('names every header once, and demands none', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    for (const { parameters = [] } of operations) {
      const names = parameters.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase());
      expect(names).toEqual([...new Set(names)]);
      expect(parameters.filter((one) => one.in === 'header' && one.required)).toEqual([]);
    }
  });

  /** `FUZZ_SEED` repeats a run, `FUZZ_REQUESTS` makes it longer. */
  it(
    `answers ${requests} requests of any kind without a failure of its own (seed ${seed})`,
    { timeout: 60_000 + requests * 200 },
    async () => {
      const endpoints = await Promise.all([system().endpointOf('master'), system().endpointOf('ui')]);
      const statuses = new Map<number, number>();
      const endpoint = fc.constantFrom(...endpoints, endpoints[0]);
      await fc.assert(
        fc.asyncProperty(endpoint, apiRequest(document, await known()), async (where, request) => {
          const answer = await ask(where, request);
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          expect(answer.status).toBeLessThan(500);
          if (answer.status < 400) return;
          const { code, status } = await refusalIn(answer);
          expect(problemCodes[code as ProblemCode].status).toBe(status);
        }),
        { seed, numRuns: requests, endOnFailure: process.env.FUZZ_SEED === undefined },
      );
      // Requests that are all refused at the door would find nothing.
      for (const status of [200, 201, 400, 404]) expect([...statuses.keys()]).toContain(status);
      expect(loggedErrors(system())).toEqual([]);
    },
  );

  it('works as before when all of that is over', async () => {
    const { client } = system();
    expect(await client.settled((await client.upload(await png())).id)).toMatchObject({ state: 'finished' });
    for (const name of ['keyvaluestore', 'db', 'storage', 'master', 'worker-1', 'ui']) {
      expect(system().process(name).hasEnded, name).toBe(false);
    }
  });
});
