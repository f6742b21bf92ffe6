import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { form } from '../harness/form.js';
import { png } from '../harness/photo.js';
import { System } from '../harness/system.js';

describe('an empty db behind the janitor', () => {
  it('is not served when storage belongs to another, and no file is removed', async () => {
    const system = await System.start({ workers: 0, env: { MICRO_ORPHAN_SECONDS: '1', MICRO_JANITOR_SECONDS: '1' } });
    await system.client.upload(await png());
    const files = await system.storedFiles();
    await system.process('db').end();
    await rm(join(system.folder, 'db'), { recursive: true });
    await system.launch('db');

    // The master that knew the old db takes the new one for a stranger …
    expect((await system.client.fetch('/queue')).status).toBe(503);
    await system.process('master').line(/set aside: .* answers for store/);
    expect((await system.client.fetch('/queue')).status).toBe(503);
    // … and one that did not finds that storage belongs to another.
    await system.restart('master');
    await system.process('master').line(/store-mismatch/);
    await system.process('master').line(/store-mismatch/, system.process('master').lines.length);
    const refused = await system.client.patiently('/task', { method: 'POST', body: form({ image: await png() }) });
    expect(await refused.json()).toMatchObject({ code: 'store-mismatch' });
    expect(await system.storedFiles()).toEqual(files);
  });
});
