import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newLeaseToken } from '#contracts';
import { expect, it } from 'vitest';
import { BareWorker, outputOf } from './harness/bare-worker.js';
import { form } from './harness/form.js';
import { png } from './harness/photo.js';
import { serviceToken, System } from './harness/system.js';

const aliceKey = 'alice-has-a-long-key';
const secrets = {
  'the service token': serviceToken,
  'a key': aliceKey,
  'a wrong key': 'a-key-with-one-letter-wrong',
  'a password': Buffer.from('alice:password').toString('base64'),
  'the login of a proxy': 'session-of-a-proxy',
  'a cookie': 'a-cookie-of-a-proxy',
};
const names = ['keyvaluestore', 'db', 'storage', 'master', 'ui', 'worker-1'];

it('no secret is in any log line, whatever happens, even when every request is logged', async () => {
  const system = await System.start({
    env: { MICRO_LOG_LEVEL: 'debug', MICRO_LOG_FORMAT: 'json', MICRO_API_KEYS: `alice:${aliceKey}` },
  });
  const ui = await system.launch('ui');
  const [, uiPort] = await ui.line(/is listening on (\d+)/);
  const { client } = system;
  const image = await png();
  const authorization = `Bearer ${aliceKey}`;
  const withKey = { Authorization: authorization };
  const upload = (bytes: Buffer): RequestInit => ({
    method: 'POST',
    body: form({ image: bytes }),
    headers: { ...withKey, Prefer: 'wait=20' },
  });

  // What goes well, and what fails: through master, and through ui.
  const finished = (await (await client.fetch('/task', upload(image))).json()) as { id: string; state: string };
  expect(finished.state).toBe('finished');
  const failed = await client.fetch('/task', upload(image.subarray(0, 5000)));
  expect(await failed.json()).toMatchObject({ state: 'failed' });
  expect((await fetch(`http://127.0.0.1:${uiPort}/task`, upload(image))).status).toBe(201);
  expect((await client.fetch(`/task/${finished.id}/download`, { headers: withKey })).status).toBe(200);

  // Wrong and foreign secrets, everywhere.
  const [db, storage, worker] = await Promise.all(
    ['dbendpoint', 'storageendpoint', 'workerendpoint'].map(async (key) =>
      (await (await fetch(`http://${system.registry}/${key}`)).text()).trim(),
    ),
  );
  for (const wrong of [`Bearer ${secrets['a wrong key']}`, `Basic ${secrets['a password']}`, authorization]) {
    const headers = {
      Authorization: wrong,
      'Proxy-Authorization': `Basic ${secrets['the login of a proxy']}`,
      Cookie: `login=${secrets['a cookie']}`,
    };
    for (const url of [`http://${db}/task`, `http://${storage}/files`]) {
      expect((await fetch(url, { headers })).status).toBe(401);
    }
    expect((await fetch(`http://${worker}/health/stop`, { method: 'POST', headers })).status).toBe(401);
    await client.fetch('/task', { headers });
    await fetch(`http://127.0.0.1:${uiPort}/task`, { headers });
    await fetch(`http://${system.registry}/dbendpoint`, { method: 'POST', headers });
  }

  // A lease by hand: every call right, wrong, repeated, and broken.
  await system.process('worker-1').end('SIGTERM');
  await client.fetch('/task', { ...upload(image), headers: withKey });
  const master = (await (await fetch(`http://${system.registry}/masterendpoint`)).text()).trim();
  const bare = new BareWorker(() => Promise.resolve(master));
  const { task, token } = await bare.lease();
  const strange = newLeaseToken();
  for (const used of [token, strange, `${token}!`]) {
    await bare.next(used);
    await bare.call(`${task.id}/renew`, { token: used, stage: 'by hand' });
    await bare.call(`${task.id}/fail`, { token: used, code: 'x', detail: 'y', permanent: 'perhaps' });
    await bare.call(`${task.id}/finish`, { token: used, outputs: [{ ...outputOf(task), key: 'x' }] });
  }
  const broken = await fetch(`http://${master}/task/next`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${serviceToken}`, 'Content-Type': 'application/json' },
    body: `{"token": "${token}" oops`,
  });
  expect(broken.status).toBe(400);

  // Services that are away, and come back.
  await system.process('storage').end();
  expect((await client.fetch(`/task/${finished.id}/download`, { headers: withKey })).status).toBe(503);
  await system.process('db').end();
  expect((await client.fetch('/queue', { headers: withKey })).status).toBe(503);
  expect((await client.fetch('/task', upload(image))).status).toBe(503);

  await Promise.all(names.map((name) => system.process(name).end('SIGTERM')));
  const database = new DatabaseSync(join(system.folder, 'db', 'tasks.sqlite'), { readOnly: true });
  const leases = database.prepare('SELECT token FROM attempts').all() as { token: string }[];
  database.close();
  expect(leases.map((lease) => lease.token)).toContain(token);
  expect(leases.length).toBeGreaterThanOrEqual(4);
  const lines = names.flatMap((name) => {
    const logged = system.logs(name);
    expect(logged.filter((line) => line.includes('request completed')).length, name).toBeGreaterThan(0);
    return logged;
  });
  expect(lines.filter((line) => line.includes('"cookie":"[Redacted]"')).length).toBeGreaterThan(0);
  const leaseTokens = Object.fromEntries([...leases, { token: strange }].map((lease) => [lease.token, lease.token]));
  for (const [what, secret] of Object.entries({ ...secrets, ...leaseTokens })) {
    expect(
      lines.filter((line) => line.includes(secret)),
      what,
    ).toEqual([]);
  }
  expect(lines.filter((line) => /Bearer /i.test(line))).toEqual([]);
});
