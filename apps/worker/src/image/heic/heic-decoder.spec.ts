import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { heicPath, quadrantsOf, type HeicName } from '../../../test/heic-pictures.js';
import { Deadline, isTimeout } from '../deadline.js';
import { ImageFailure } from '../image-failure.js';
import type { Pixels } from '../pixels.js';
import { decodeHeic } from './heic-decoder.js';
import { findLibheif } from './libheif.js';

vi.mock('./libheif.js', { spy: true });

const size = { width: 64, height: 48 };

function decode(name: HeicName, { metadata = size, deep = false, seconds = 60 } = {}): Promise<Pixels> {
  const file = { path: fileURLToPath(heicPath(name)), metadata, heic: { fileBytes: 1_000, deep } };
  return decodeHeic(file, new Deadline(seconds));
}

/** Lets the threads of a test load other code for libheif. */
function replaceLibheif(code: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'micro-worker-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'libheif.cjs'), code);
  vi.mocked(findLibheif).mockReturnValue(join(folder, 'libheif.cjs'));
}

afterEach(() => vi.mocked(findLibheif).mockReset());

describe('decodeHeic', () => {
  it('decodes a grid of tiles, as cameras make them', async () => {
    const picture = await decode('plain');

    expect(picture).toMatchObject({ ...size, channels: 3 });
    expect(picture.data).toHaveLength(64 * 48 * 3);
    expect(quadrantsOf(picture)).toEqual(['red', 'green', 'blue', 'yellow']);
  });

  it('turns and crops a picture as its file says', async () => {
    const picture = await decode('turned');

    expect(picture).toMatchObject({ width: 48, height: 64 });
    expect(quadrantsOf(picture)).toEqual(['blue', 'red', 'yellow', 'green']);
  });

  it('mirrors a picture as its file says', async () => {
    const picture = await decode('mirrored');

    expect(picture).toMatchObject({ width: 48, height: 64 });
    expect(quadrantsOf(picture)).toEqual(['red', 'blue', 'green', 'yellow']);
  });

  it('does not heed the orientation in the EXIF, which is not the one of the file', async () => {
    const picture = await decode('exif-orientation');

    expect(picture).toMatchObject(size);
    expect(quadrantsOf(picture)).toEqual(['red', 'green', 'blue', 'yellow']);
  });

  it('brings 10 bits to 8', async () => {
    expect(quadrantsOf(await decode('ten-bit', { deep: true }))).toEqual(['red', 'green', 'blue', 'yellow']);
  });

  it.each(['alpha', 'premultiplied'] as const)('keeps transparency, and the colours below it: %s', async (name) => {
    const picture = await decode(name);

    expect(picture.channels).toBe(4);
    expect(picture.data.filter((_value, at) => at % 4 === 3).every((alpha) => Math.abs(alpha - 128) <= 2)).toBe(true);
    expect(quadrantsOf(picture)).toEqual(['red', 'green', 'blue', 'yellow']);
  });

  it('leaves several decoders at once alone with their pictures', async () => {
    const pictures = await Promise.all([decode('plain'), decode('turned'), decode('mirrored')]);

    expect(pictures.map(({ width }) => width)).toEqual([64, 48, 48]);
  });

  it('ends a thread whose time is over', async () => {
    replaceLibheif('module.exports = { heif_context_alloc() { for (;;); } };');

    await expect(decode('plain', { seconds: 0.5 })).rejects.toSatisfy(isTimeout);
  });

  it('survives a crash of the decoder, which is a fault of the picture', async () => {
    // A function of WebAssembly that does nothing but trap.
    const trap = '0061736d01000000010401600000030201000707010363726100000a05010300000b';
    replaceLibheif(`
      const { exports: crashing } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('${trap}', 'hex')));
      module.exports = { heif_context_alloc: () => crashing.cra() };`);

    const failure = (await decode('plain').catch((error: unknown) => error)) as ImageFailure;

    expect(failure).toBeInstanceOf(ImageFailure);
    expect(failure).toMatchObject({ code: 'undecodable-image', technical: 'unreachable' });
  });

  it('does not blame the picture for a decoder that cannot be loaded', async () => {
    replaceLibheif(`throw new Error('no such build');`);

    await expect(decode('plain')).rejects.toThrow(/^no such build$/);
    await expect(decode('plain')).rejects.not.toBeInstanceOf(ImageFailure);
  });

  it('does not blame the picture for a thread that goes away', async () => {
    replaceLibheif('module.exports = { heif_context_alloc: () => process.exit(3) };');

    await expect(decode('plain')).rejects.toThrow('The thread that decodes a HEIC ended with code 3');
  });

  it('gives the decoder no more memory than a picture of its size may take', async () => {
    replaceLibheif(`module.exports = {
      heif_context_alloc() {
        new WebAssembly.Memory({ initial: 16 }).grow(32 * 16);
        throw new Error('There was room');
      },
    };`);

    await expect(decode('plain')).rejects.toMatchObject({ technical: 'The memory is full' });
    const metadata = { width: 2_000, height: 1_000 };
    await expect(decode('plain', { metadata })).rejects.toMatchObject({ technical: 'There was room' });
  });
});
