import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { chromium as browsers, type Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';

/** The page in a real browser. */
async function openPage(url: string): Promise<Page> {
  const browser = await browsers.launch({ executablePath: await chromium.executablePath(), args: chromium.args });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

async function photoFiles(images: Record<string, Buffer>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-photos-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = Object.keys(images).map((name) => join(folder, name));
  await Promise.all(Object.values(images).map((image, index) => writeFile(paths[index]!, image)));
  return paths;
}

describe('the page', () => {
  it('uploads photos, shows how they become finished, and offers the results', async () => {
    const system = await System.start();
    const ui = await system.launch('ui');
    const [, port] = await ui.line(/is listening on (\d+)/);
    const page = await openPage(`http://127.0.0.1:${port}/`);
    const image = await png({ width: 800, height: 600 });
    await page
      .getByTestId('file-input')
      .setInputFiles(await photoFiles({ 'beach.png': image, 'hills.png': await png({ seed: 2 }) }));

    const cards = page.getByTestId('card');
    await cards.nth(1).waitFor();
    for (const name of ['beach.png', 'hills.png']) {
      await cards.filter({ hasText: name }).getByTestId('state').filter({ hasText: 'finished' }).waitFor();
    }
    const beach = cards.filter({ hasText: 'beach.png' });
    const shown = beach.getByTestId('result');
    await expect
      .poll(() => shown.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(800);

    const downloading = page.waitForEvent('download');
    await beach.getByTestId('download').click();
    const path = await (await downloading).path();
    expect((await pixelsOf(await readFile(path))).equals(await negatedPixelsOf(image))).toBe(true);

    await page.reload();
    await cards.nth(1).waitFor();
    expect(await cards.getByTestId('state').allTextContents()).toEqual(['finished', 'finished']);
  });

  it('says why a file is refused', async () => {
    const system = await System.start({ workers: 0 });
    const ui = await system.launch('ui');
    const [, port] = await ui.line(/is listening on (\d+)/);
    const page = await openPage(`http://127.0.0.1:${port}/`);
    await page.getByTestId('file-input').setInputFiles(await photoFiles({ 'letter.png': Buffer.from('Dear Sir') }));
    await page.getByTestId('error').filter({ hasText: 'allowed are' }).waitFor();
  });
});
