import { beforeAll, describe, expect, it } from 'vitest';
import { form } from './harness/form.js';
import { png } from './harness/photo.js';
import { System } from './harness/system.js';

/** They describe one connection or one answer, or name the service that gave it. */
const ofEachAnswer = ['connection', 'date', 'keep-alive', 'transfer-encoding', 'micro-service', 'x-request-id'];

interface Call extends RequestInit {
  path: string;
}

describe('master’s answer through ui', () => {
  const system = System.shared();
  let image: Buffer;
  let id: string;
  beforeAll(async () => {
    await system().launch('ui');
    image = await png();
    const uploaded = await system().client.upload(image);
    ({ id } = await system().client.settled(uploaded.id));
  });

  const upload = (headers: Record<string, string>, body: FormData | string = form({ image })): Call => ({
    path: '/task',
    method: 'POST',
    headers,
    body,
  });
  const calls: [string, () => Call][] = [
    ['to an upload that waits', () => upload({ Prefer: 'wait=20' })],
    ['to an upload that is repeated', () => upload({ 'Idempotency-Key': 'the same for both' })],
    ['to a form in another coding', () => upload({ 'Content-Encoding': 'gzip' })],
    ['to an upload that is no form', () => upload({ 'Content-Type': 'text/plain' }, 'a photo')],
    ['with a task', () => ({ path: `/task/${id}` })],
    ['about a task that there is not', () => ({ path: '/task/01980000-0000-7000-8000-000000000001' })],
    ['with tasks', () => ({ path: '/task?limit=1' })],
    ['with an output', () => ({ path: `/task/${id}/download` })],
    ['with a part of it', () => ({ path: `/task/${id}/download`, headers: { Range: 'bytes=0-9' } })],
    ['about a part that it has not', () => ({ path: `/task/${id}/download`, headers: { Range: 'bytes=9999999-' } })],
    ['with the head of it', () => ({ path: `/task/${id}/download`, method: 'HEAD' })],
    ['about a task that cannot be retried', () => ({ path: `/task/${id}/retry`, method: 'POST' })],
  ];

  it.each(calls)('%s has the same status and the same headers', async (_which, call) => {
    const answer = async (service: 'master' | 'ui'): Promise<{ status: number; names: string[] }> => {
      const { path, ...request } = call();
      const response = await fetch(`http://${await system().process(service).endpoint()}${path}`, request);
      await response.arrayBuffer();
      const names = [...response.headers.keys()].filter((name) => !ofEachAnswer.includes(name));
      return { status: response.status, names };
    };

    const fromMaster = await answer('master');

    expect(await answer('ui')).toEqual(fromMaster);
  });
});
