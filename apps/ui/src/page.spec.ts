import { Problem } from '#contracts';
import chromium from '@sparticuz/chromium';
import { chromium as launcher, type Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PretendMaster } from '../test/pretend-master.js';
import { runningUi } from '../test/running-ui.js';

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
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
    master.move(task, { state: 'failed', error: { code: 'undecodable', detail: 'The picture is cut off' } });
    await page.reload();
    await page.getByText('undecodable The picture is cut off').waitFor();
    await page.getByRole('button', { name: 'Try again: broken.png' }).click();
    await page.getByText('queued', { exact: true }).waitFor();
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
});

/** A page in front of a master of its own. Whatever its policy stops fails the test. */
async function open(): Promise<{ page: Page; master: PretendMaster }> {
  const master = await PretendMaster.start();
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
  await page.goto(ui);
  return { page, master };
}

/** The width of a picture that has arrived. */
function widthOf(image: ReturnType<Page['getByTestId']>): Promise<number> {
  return image.evaluate(async (element) => {
    const picture = element as unknown as { decode(): Promise<void>; naturalWidth: number };
    await picture.decode();
    return picture.naturalWidth;
  });
}
