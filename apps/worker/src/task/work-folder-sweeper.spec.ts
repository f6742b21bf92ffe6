import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '#chassis';
import { expect, it, onTestFinished } from 'vitest';
import { WorkerConfig } from '../config.js';
import { WorkFolderSweeper } from './work-folder-sweeper.js';

it('removes what killed workers left behind a day ago, and nothing else', async () => {
  const config = new WorkerConfig();
  config.workFolder = await mkdtemp(join(tmpdir(), 'sweeper-'));
  onTestFinished(() => rm(config.workFolder, { recursive: true }));
  for (const name of ['node-micro-old', 'node-micro-young', 'somebody-else']) {
    await mkdir(join(config.workFolder, name));
    await writeFile(join(config.workFolder, name, 'source'), '');
  }
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
  for (const name of ['node-micro-old', 'somebody-else']) {
    await utimes(join(config.workFolder, name), twoDaysAgo, twoDaysAgo);
  }

  await new WorkFolderSweeper(config, new SystemClock()).sweep();

  expect((await readdir(config.workFolder)).sort()).toEqual(['node-micro-young', 'somebody-else']);
});
