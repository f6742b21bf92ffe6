import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { blackPng, cut, gifOfFrames, pngChunkBomb, tiffOfPages, turned } from './harness/damaged-pictures.js';
import { form } from './harness/form.js';
import { box, ftyp, withBrands } from './harness/heif-file.js';
import { loggedErrors } from './harness/logged-errors.js';
import type { ShownTask } from './harness/master-client.js';
import { photo, png } from './harness/photo.js';
import { refusalIn, type Refusal } from './harness/refusal.js';
import { System } from './harness/system.js';
import { pictureFields, rgbPage, tiffFile } from './harness/tiff-file.js';

const formats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
const refusals = ['415 unsupported-image-type', '415 unsupported-picture'];
/** A worker has about 130 MB before its first picture. Any of the bombs below, decoded, would take more than this. */
const memoryLimit = 600e6;

describe('a picture', () => {
  const workFolder = mkdtempSync(join(tmpdir(), 'node-micro-test-'));
  const system = System.shared({
    env: { MICRO_RATE_LIMIT: '0', MICRO_WORK_FOLDER: workFolder, MICRO_IMAGE_MEMORY_BYTES: '600000000' },
  });
  afterAll(() => rm(workFolder, { recursive: true, force: true }));

  function send(image: Buffer, fields: Record<string, string> = {}): Promise<Response> {
    return system().client.fetch('/task', { method: 'POST', body: form({ ...fields, image }) });
  }

  /** What becomes of a picture: the refusal of its upload, or its task in its final state. */
  async function fateOf(image: Buffer, fields?: Record<string, string>): Promise<Refusal | ShownTask> {
    const response = await send(image, fields);
    if (response.status !== 201) return refusalIn(response);
    return system().client.settled(((await response.json()) as ShownTask).id);
  }

  let pid: number;
  beforeAll(() => {
    pid = system().process('worker-1').pid;
  });
  afterEach(() => {
    expect(system().process('worker-1')).toMatchObject({ pid, hasEnded: false });
    expect(loggedErrors(system())).toEqual([]);
  });

  it.each(formats)('(%s) that was cut off fails at once and for good, wherever it was cut', async (format) => {
    const whole = await photo({ width: 64, height: 64 }).toFormat(format).toBuffer();
    const fates = await Promise.all([0.05, 0.2, 0.5, 0.8, 0.97].map((part) => fateOf(cut(whole, part))));
    for (const fate of fates) {
      if ('status' in fate) {
        expect(fate).toMatchObject({ status: 415, code: 'unsupported-image-type' });
        continue;
      }
      expect(fate).toMatchObject({ state: 'failed', leaseNumber: 1, failures: 1, lostLeases: 0 });
      expect(fate.error!.code).toBe('undecodable-image');
      expect(fate.error!.detail).toMatch(/^The picture cannot be decoded: \w[^\n]+$/);
      expect(fate.error!.detail).not.toMatch(/\/source|node-micro-/);
    }
  });

  it.each(formats)(
    '(%s) with bytes that were turned is refused, fails for good, or gives a picture',
    async (format) => {
      const whole = await photo({ width: 64, height: 64 }).toFormat(format).toBuffer();
      const places = [[0], [0.01], [0.03], [0.1], [0.3], [0.5, 0.6], [0.9], [0.2, 0.4, 0.6, 0.8], [0.999]];
      const fates = await Promise.all(places.map((place) => fateOf(turned(whole, ...place))));
      for (const fate of fates) {
        if ('status' in fate) expect(refusals).toContain(`${fate.status} ${fate.code}`);
        else if (fate.state === 'finished') {
          const made = await system().client.download(fate.outputs[0]!.href);
          expect((await sharp(made).metadata()).width).toBeGreaterThan(0);
        } else expect(fate).toMatchObject({ state: 'failed', leaseNumber: 1, failures: 1, error: { detail: /^The / } });
      }
    },
  );

  const bombs: [what: string, bomb: () => Buffer | Promise<Buffer>, code: string, format?: string][] = [
    ['a PNG of 16k × 16k', () => blackPng({ width: 16_384, height: 16_384 }), 'too-many-pixels'],
    ['a PNG of 30k × 30k', () => blackPng({ width: 30_000, height: 30_000 }), 'too-many-pixels'],
    ['a PNG that says 60k × 60k', () => blackPng({ width: 60_000, height: 60_000, rows: 1 }), 'too-many-pixels'],
    ['a PNG that says 10k × 10k', () => blackPng({ width: 9_999, height: 9_999, rows: 1 }), 'undecodable-image'],
    ['a PNG that says 0 × 0', () => blackPng({ width: 0, height: 0, rows: 1 }), 'undecodable-image'],
    ['a PNG of two billion columns', () => blackPng({ width: 2 ** 31 - 1, height: 9, rows: 1 }), 'undecodable-image'],
    ['a PNG with a text of 60 MB', () => withChunks(pngChunkBomb('zTXt', 60e6)), 'too-much-metadata'],
    ['a PNG with a profile of 60 MB', () => withChunks(pngChunkBomb('iCCP', 60e6)), 'too-much-metadata'],
    ['a PNG with 50 texts of 20 MB', () => withChunks(...manyTexts(50, 20e6)), 'too-much-metadata'],
    ['a GIF of 10,000 frames', () => gifOfFrames(10_000), 'too-many-frames'],
    ['a GIF of 10,000 frames, for WebP', () => gifOfFrames(10_000), 'too-many-frames', 'webp'],
    ['a WebP of 501 frames', () => webpOfFrames(501), 'too-many-frames'],
    ['a TIFF that says 60k × 60k', () => tiffOfPages(1, 60_000), 'too-many-pixels'],
    ['a TIFF that says 9k × 9k', () => tiffOfPages(1, 9_000), 'undecodable-image'],
  ];

  it.each(bombs)('that is %s fails at once and for good', async (_what, bomb, code, format = 'same') => {
    const recipe = JSON.stringify({ outputs: { image: { operations: [{ negate: {} }], format } } });
    const task = await fateOf(await bomb(), { recipe });
    expect(task).toMatchObject({ state: 'failed', leaseNumber: 1, failures: 1, lostLeases: 0, error: { code } });
    expect((task as ShownTask).error!.detail).toMatch(/^The \w+|^All frames/);
    expect(await peakMemoryOf(pid)).toBeLessThan(memoryLimit);
  });

  it('that would take more memory than it may fails at once and for good', async () => {
    const recipe = JSON.stringify({ outputs: { image: { operations: [{ negate: {} }], format: 'avif' } } });
    const task = await fateOf(blackPng({ width: 9_999, height: 9_999 }), { recipe });
    expect(task).toMatchObject({
      state: 'failed',
      leaseNumber: 1,
      failures: 1,
      error: { code: 'too-much-memory', detail: expect.stringMatching(/^The picture may take 6579 MB/) },
    });
    expect(await peakMemoryOf(pid)).toBeLessThan(memoryLimit);
  });

  it('that has many pages or frames, of which one is wanted, is made from the first', async () => {
    const recipe = JSON.stringify({ outputs: { image: { operations: [], format: 'png' } } });
    const endless = tiffOfPages(2);
    // The second page says that the first one comes after it.
    endless.writeUInt32LE(10, endless.length - 4);
    for (const image of [tiffOfPages(10_000), gifOfFrames(10_000), endless]) {
      expect(await fateOf(image, { recipe })).toMatchObject({ state: 'finished', outputs: [{ width: 1, height: 1 }] });
    }
    expect(await peakMemoryOf(pid)).toBeLessThan(memoryLimit);
  });

  const html = '<html><script>alert(1)</script></html>'.repeat(20);
  const others: [what: string, file: () => Buffer | Promise<Buffer>][] = [
    [
      'an SVG that reads files',
      () => text('<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'),
    ],
    ['an SVG behind spaces', () => text('\n\n  <svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a PDF', () => text('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj')],
    ['a PDF with a PNG in it', async () => Buffer.concat([text('%PDF-1.7\n'), await png()])],
    ['a page with the first bytes of a PNG', async () => Buffer.concat([(await png()).subarray(0, 8), text(html)])],
    ['a ZIP', async () => Buffer.concat([text('PK\x03\x04'), await png()])],
    ['a BMP', () => Buffer.concat([text('BM'), Buffer.alloc(200)])],
    ['a HEIC', () => ftyp('heic', 'mif1', 'heic')],
    ['an animated AVIF', () => Buffer.concat([ftyp('avis', 'avif'), box('moov')])],
    ['a raw file of a camera', () => tiffFile([rgbPage({ 50_706: [1, 4] })])],
    ['a script', () => text('#!/bin/sh\nrm -rf /\n')],
    ['null bytes', () => Buffer.alloc(10_000)],
    ['one byte', () => text('\x89')],
  ];

  it.each(others)('that is %s, with a PNG’s name and type, is refused', async (_what, file) => {
    const body = new FormData();
    body.append('image', new Blob([new Uint8Array(await file())], { type: 'image/png' }), 'photo.png');
    const refusal = await refusalIn(await system().client.fetch('/task', { method: 'POST', body }));
    expect(refusal).toMatchObject({ status: 415, code: 'unsupported-image-type' });
    expect(refusal.detail).toMatch(/^The content .*; allowed are jpg, png, webp, avif, gif, tiff$/);
  });

  it('of an allowed type that would come out wrong is refused, and told why', async () => {
    const doubles = tiffFile([{ fields: { ...pictureFields(1, [64]), 339: [3] } }]);
    expect(await fateOf(doubles)).toMatchObject({
      status: 415,
      code: 'unsupported-picture',
      detail: 'The TIFF has 64-bit floating-point samples; allowed are 16 and 32 bits',
    });
  });

  it('is taken for what it is, not for what others use its tags and brands for', async () => {
    const avif = await photo({ width: 64, height: 64 }).avif().toBuffer();
    const recipe = JSON.stringify({ outputs: { image: { operations: [], format: 'png' } } });
    for (const image of [tiffFile([rgbPage({ 50_341: 'PrintIM' })]), withBrands(avif, 'mif1', 'avif', 'miaf')]) {
      expect(await fateOf(image, { recipe })).toMatchObject({ state: 'finished' });
    }
  });

  it('that is something else as well loses that on its way, and is never shown as a page', async () => {
    const polyglot = Buffer.concat([await png(), text('PK\x03\x04'), text(html)]);
    const task = (await fateOf(polyglot)) as ShownTask;
    expect(task.state).toBe('finished');
    expect((await system().client.download(task.outputs[0]!.href)).includes('<script>')).toBe(false);
    const source = await system().client.fetch(task.source.href);
    expect(source.headers.get('Content-Type')).toBe('image/png');
    expect(source.headers.get('Content-Disposition')).toMatch(/^attachment/);
    expect(source.headers.get('Content-Security-Policy')).toBe("default-src 'none'; sandbox");
  });

  it('that begins as a GIF and goes on as a script fails for good', async () => {
    expect(await fateOf(text(`GIF89a=1;alert(1)/*${'a'.repeat(200)}*/`))).toMatchObject({
      state: 'failed',
      leaseNumber: 1,
      error: { code: 'undecodable-image' },
    });
  });

  it('leaves its worker fit for the next one, and nothing of it behind', async () => {
    expect(await fateOf(await png())).toMatchObject({ state: 'finished' });
    const stored = await system().storedFiles();
    expect(stored.filter((path) => path.includes('/temp/'))).toEqual([]);
    await vi.waitFor(async () => expect(await readdir(workFolder)).toEqual([]), { timeout: 10_000 });
  });
});

async function peakMemoryOf(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

function text(content: string): Buffer {
  return Buffer.from(content, 'latin1');
}

function withChunks(...chunks: Buffer[]): Buffer {
  return blackPng({ width: 10, height: 10, chunks });
}

function manyTexts(count: number, bytes: number): Buffer[] {
  const bomb = pngChunkBomb('zTXt', bytes);
  return Array.from({ length: count }, () => bomb);
}

/** An animation of so many frames, no two of which are alike. */
async function webpOfFrames(count: number): Promise<Buffer> {
  const [width, height] = [4, 4];
  const pixels = Buffer.from(Array.from({ length: width * height * count * 3 }, (_unused, at) => (at * 7919) % 251));
  const raw = { width, height: height * count, channels: 3, pageHeight: height } as const;
  return sharp(pixels, { raw }).webp().toBuffer();
}
