import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bytesOf, bytesOfFile, type ByteSource } from './byte-source.js';

const content = Buffer.from(Array.from({ length: 200_000 }, (_unused, index) => (index * 7919) % 251));

async function openedFile(): Promise<{ bytes: ByteSource; read: ReturnType<typeof vi.spyOn> }> {
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'file'), content);
  const file = await open(join(folder, 'file'));
  onTestFinished(() => file.close());
  return { bytes: bytesOfFile(file), read: vi.spyOn(file, 'read') };
}

const sources: [string, () => Promise<ByteSource>][] = [
  ['a buffer', () => Promise.resolve(bytesOf(content))],
  ['an open file', async () => (await openedFile()).bytes],
];

describe.each(sources)('the bytes of %s', (_, opened) => {
  it.each([
    ['in front', 0, 16],
    ['in the middle', 99_999, 5],
    ['of which there are many', 10, 150_000],
    ['at the end', 199_990, 10],
    ['of which some are behind the end', 199_990, 20],
    ['behind the end', 200_001, 4],
    ['where no file reaches', 2 ** 60, 4],
    ['of which none is wanted', 5, 0],
  ])('are read where they are: those %s', async (_where, position, length) => {
    const bytes = await opened();

    expect((await bytes(position, length)).equals(content.subarray(position, position + length))).toBe(true);
  });

  it('are read in any order', async () => {
    const bytes = await opened();

    for (const position of [150_000, 3, 199_999, 70_000, 69_999, 4]) {
      expect((await bytes(position, 3)).equals(content.subarray(position, position + 3))).toBe(true);
    }
  });

  it('are read for several callers at once', async () => {
    const bytes = await opened();
    const positions = [150_000, 3, 199_999, 70_000, 69_999, 4];

    const parts = await Promise.all(positions.map((position) => bytes(position, 3)));

    expect(parts).toEqual(positions.map((position) => content.subarray(position, position + 3)));
  });
});

it('many small parts of a file are read at once', async () => {
  const { bytes, read } = await openedFile();

  for (let position = 0; position < content.length + 100; position += 10) await bytes(position, 10);

  expect(read.mock.calls.length).toBeLessThan(6);
});
