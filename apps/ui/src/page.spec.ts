import { readFile } from 'node:fs/promises';
import { Problem } from '#contracts';
import chromium from '@sparticuz/chromium';
import { chromium as launcher, type Page } from 'playwright-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PretendMaster } from '../test/pretend-master.js';
import { runningUi } from '../test/running-ui.js';

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const patience = { timeout: 20_000 };
const photo = (name: string) => ({ name, mimeType: 'image/png', buffer: pixel });

describe('The page, in a real browser', () => {
  it('uploads photos, shows their states and their results, and keeps them over a reload', async () => {
    const { page, master } = await open();

    await page.getByTestId('file-input').setInputFiles([photo('one.png'), photo('two.png')]);

    const card = page.getByTestId('card').filter({ hasText: 'one.png' });
    await card.getByText('queued').waitFor();
    const task = master.tasks.find(({ source }) => 'name' in source && source.name === 'one.png')!;
    master.move(task, { state: 'running', stage: 'processing' });
    await card.getByText('running').waitFor();
    await card.getByText('processing').waitFor();
    master.move(task, { state: 'finished', stage: null });
    await card.getByText('finished').waitFor();
    expect(await widthOf(card.getByTestId('result'))).toBe(1);
    expect(await card.getByTestId('download').getAttribute('href')).toBe(`/task/${task.id}/download?output=image`);
    expect(new Set(master.idempotencyKeys).size).toBe(2);

    await page.reload();

    expect(await widthOf(card.getByTestId('result'))).toBe(1);
    await page.getByTestId('card').nth(1).waitFor();
    await card.getByTestId('delete').click();
    await card.waitFor({ state: 'detached' });
    expect(master.tasks).toHaveLength(1);
  });

  it('says why a photo was refused, or failed', async () => {
    const { page, master } = await open();

    master.refusal = new Problem('unsupported-image-type', 'This is text');
    await page.getByTestId('file-input').setInputFiles([photo('text.png')]);
    await page.getByText('unsupported-image-type This is text').waitFor();
    expect(await page.getByTestId('state').textContent()).toBe('refused');
    expect(await page.getByTestId('retry').isVisible()).toBe(false);

    const task = master.add('broken.png', 'image/png', pixel);
    master.move(task, { state: 'failed', error: { code: 'undecodable', detail: 'It is cut off', technical: null } });
    await page.reload();
    await page.getByText('undecodable It is cut off').waitFor();
    expect(await page.getByText('Technical details').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Try again: broken.png' }).click();
    await page.getByText('queued', { exact: true }).waitFor();
  });

  it('keeps technical words out of the way until somebody asks for them', async () => {
    const { page, master } = await open();
    const technical = 'pngload: <b>chunk</b> IDAT: CRC error';
    const task = master.add('broken.png', 'image/png', pixel);
    master.move(task, { state: 'failed', error: { code: 'undecodable', detail: 'It is damaged', technical } });

    await page.reload();
    await page.getByText('undecodable It is damaged').waitFor();
    expect(await page.getByText(technical).isVisible()).toBe(false);
    await page.getByText('Technical details').click();

    expect(await page.getByText(technical).isVisible()).toBe(true);
  });

  it('uploads again under the same key after an interruption', async () => {
    const { page, master } = await open();

    master.refusal = new Problem('service-unavailable', 'storage cannot be reached');
    await page.getByTestId('file-input').setInputFiles([photo('one.png')]);
    await page.getByText('storage cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Retry upload: one.png' }).click();

    await page.getByText('queued', { exact: true }).waitFor();
    expect(master.idempotencyKeys).toHaveLength(2);
    expect(master.idempotencyKeys[0]).toBe(master.idempotencyKeys[1]);
    expect(await page.getByTestId('error').isVisible()).toBe(false);
  });

  it.each([
    new Problem('storage-full', 'There is no room for the file'),
    new Problem('task-gone', 'The photo was taken for an orphan'),
  ])('offers to upload again what was refused for now: $code', async (refusal) => {
    const { page, master } = await open();

    master.refusal = refusal;
    await page.getByTestId('file-input').setInputFiles([photo('one.png')]);
    await page.getByText(refusal.detail).waitFor();
    await page.getByRole('button', { name: 'Retry upload: one.png' }).click();

    await page.getByText('queued', { exact: true }).waitFor();
  });

  it('deletes a photo that has arrived and is not answered yet, so that it does not come back', async () => {
    const { page, master } = await open();
    const { promise: answersAfter, resolve: answer } = Promise.withResolvers<void>();
    master.answersAfter = answersAfter;
    await page.getByTestId('file-input').setInputFiles([photo('one.png')]);
    await vi.waitFor(() => expect(master.tasks).toHaveLength(1), patience);

    await page.getByTestId('delete').click();
    await page.getByText('deleting').waitFor();
    answer();

    await page.getByTestId('card').waitFor({ state: 'detached' });
    expect(master.tasks).toEqual([]);
    await page.reload();
    await page.getByText('No photos yet').waitFor();
  });

  it('finds by its key, and deletes, a photo that has arrived and whose answer was lost', async () => {
    const { page, master } = await open();
    const { promise: answersAfter, reject: loseAnswer } = Promise.withResolvers<void>();
    master.answersAfter = answersAfter;
    await page.getByTestId('file-input').setInputFiles([photo('one.png')]);
    await vi.waitFor(() => expect(master.tasks).toHaveLength(1), patience);
    loseAnswer(new Problem('service-unavailable', 'The answer was lost'));
    await page.getByText('The answer was lost').waitFor();
    master.answersAfter = Promise.resolve();

    await page.getByTestId('delete').click();

    await page.getByTestId('card').waitFor({ state: 'detached' });
    expect(master.tasks).toEqual([]);
    expect(new Set(master.idempotencyKeys).size).toBe(1);
  });

  it('asks for the key of the API, and for nothing else until it has one', async () => {
    const { page, master } = await open({ apiKey: 'the-key-of-the-tests' });
    await page.getByText('This service wants a key.').waitFor();
    const refused = ['GET /queue', 'GET /task?limit=20'];
    await vi.waitFor(() => expect(master.server.requests.toSorted()).toEqual(refused), patience);

    await page.clock.fastForward(600_000);
    await page.evaluate(() => fetch('/recipes'));

    expect(master.server.requests.toSorted()).toEqual([refused[0], 'GET /recipes', refused[1]]);
    await giveKey(page, 'another-key');
    await page.getByText('This key is not known here.').waitFor();
    await giveKey(page, ' the-key-of-the-tests ');
    await page.getByText('No photos yet').waitFor();
    await page.getByTestId('queue').getByText('0 queued').waitFor();
    expect(await page.getByTestId('key-form').isVisible()).toBe(false);
  });

  it('does everything with the key that this tab was given', async () => {
    const apiKey = 'the-key-of-the-tests';
    const { page, master } = await open({ apiKey });
    await page.getByTestId('file-input').setInputFiles([photo('one.png')]);
    await giveKey(page, apiKey);
    await page.getByText('queued', { exact: true }).waitFor();

    await page.reload();
    master.move(master.tasks[0]!, { state: 'finished' });
    await page.getByText('finished', { exact: true }).waitFor();
    expect(await widthOf(page.getByTestId('result'))).toBe(1);
    expect(await widthOf(page.getByAltText('Upload: one.png'))).toBe(1);
    const downloading = page.waitForEvent('download');
    await page.getByTestId('download').click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('download €.png');
    expect(await readFile(await download.path())).toEqual(pixel);
    await page.getByTestId('delete').click();
    await page.getByTestId('card').waitFor({ state: 'detached' });
    expect(master.tasks).toEqual([]);
  });
});

/** A page in front of a master of its own, with a clock that tests can move. Whatever its policy stops fails the test. */
async function open({ apiKey = null }: { apiKey?: string | null } = {}): Promise<{
  page: Page;
  master: PretendMaster;
}> {
  const master = await PretendMaster.start();
  master.apiKey = apiKey;
  const ui = await runningUi(master.server.endpoint);
  const browser = await launcher.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args,
    headless: true,
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
  });
  onTestFinished(() => expect(complaints).toEqual([]));
  await page.clock.install();
  await page.goto(ui);
  return { page, master };
}

async function giveKey(page: Page, key: string): Promise<void> {
  await page.getByTestId('api-key').fill(key);
  await page.getByRole('button', { name: 'Use key' }).click();
}

/** The width of a picture that has arrived. */
function widthOf(image: ReturnType<Page['getByTestId']>): Promise<number> {
  return image.evaluate(async (element) => {
    const picture = element as unknown as EventTarget & { decode(): Promise<void>; naturalWidth: number; src: string };
    if (!picture.src) await new Promise((resolve) => picture.addEventListener('load', resolve));
    await picture.decode();
    return picture.naturalWidth;
  });
}
