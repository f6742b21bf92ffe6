import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { chromium as browsers, type Locator, type Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { negatedPixelsOf, pixelsOf, png } from './harness/photo.js';
import { System } from './harness/system.js';

const patience = { timeout: 30_000 };

/** The page in a real browser. */
async function openPage(url: string): Promise<Page> {
  const browser = await browsers.launch({ executablePath: await chromium.executablePath(), args: chromium.args });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

function widthOf(image: Locator): Promise<number> {
  return image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
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
    await expect.poll(() => widthOf(beach.getByTestId('result')), patience).toBe(800);

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

  it('asks for a key where the API wants one, and uploads, shows, downloads and deletes with it', async () => {
    const key = 'alice-has-a-long-key';
    const system = await System.start({ env: { MICRO_API_KEYS: `alice:${key}` } });
    const ui = await system.launch('ui');
    const page = await openPage(`http://${await ui.endpoint()}/`);
    await page.getByTestId('api-key').fill(key);
    await page.getByRole('button', { name: 'Use key' }).click();
    await page.getByText('No photos yet').waitFor();
    const image = await png({ width: 800, height: 600 });
    await page.getByTestId('file-input').setInputFiles(await photoFiles({ 'beach.png': image }));
    await page.getByTestId('state').filter({ hasText: 'finished' }).waitFor();

    await page.reload();
    await expect.poll(() => widthOf(page.getByTestId('result')), patience).toBe(800);
    const downloading = page.waitForEvent('download');
    await page.getByTestId('download').click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('beach-image.png');
    expect((await pixelsOf(await readFile(await download.path()))).equals(await negatedPixelsOf(image))).toBe(true);
    await page.getByTestId('delete').click();
    await page.getByText('No photos yet').waitFor();
    const list = await system.client.fetch('/task', { headers: { Authorization: `Bearer ${key}` } });
    expect(await list.json()).toMatchObject({ tasks: [] });
  });
});
