import { operationNames, type Operation, type OutputRecipe } from '#contracts';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { examples } from '../../test/examples.js';
import { animatedGif, colours } from '../../test/pictures.js';
import { processAll, processOne } from '../../test/processing.js';
import { isSharable } from './picture.js';

async function isShared(picture: Buffer): Promise<boolean> {
  return isSharable(await sharp(picture).metadata(), 1e9);
}

describe('a picture with several outputs', () => {
  const sources: [string, () => Sharp][] = [
    ['an opaque PNG', () => colours({ width: 30, height: 30 }).png()],
    ['a transparent PNG', () => colours({ width: 30, height: 30, alpha: true }).png()],
    ['a TIFF', () => colours({ width: 30, height: 30 }).tiff({ compression: 'lzw' })],
  ];

  it.each(sources)('is decoded once, and gives byte for byte what each output alone gives: %s', async (_what, make) => {
    const source = await make().toBuffer();
    expect(await isShared(source)).toBe(true);
    const outputs: Record<string, OutputRecipe> = {};
    for (const name of operationNames) {
      outputs[name] = { operations: [{ [name]: examples[name] } as unknown as Operation], format: 'png' };
    }
    const names = Object.keys(outputs);
    // As many outputs as a recipe may have, at a time.
    for (const part of [names.slice(0, 11), names.slice(11)]) {
      const recipe = { outputs: Object.fromEntries(part.map((name) => [name, outputs[name]!])) };
      for (const made of await processAll(source, recipe)) {
        const alone = await processOne(source, outputs[made.name]!.operations);
        expect([made.width, made.height], made.name).toEqual([alone.width, alone.height]);
        expect(made.bytes.equals(alone.bytes), made.name).toBe(true);
      }
    }
  });

  it('is decoded for each of them where that is faster, or would not give the same', async () => {
    const picture = colours();
    expect(await isShared(await picture.clone().jpeg().toBuffer())).toBe(false);
    expect(await isShared(await picture.clone().webp().toBuffer())).toBe(false);
    expect(await isShared(await picture.clone().grayscale().toColourspace('b-w').png().toBuffer())).toBe(false);
    expect(await isShared(await picture.clone().toColourspace('rgb16').png().toBuffer())).toBe(false);
    expect(await isShared(await picture.clone().withIccProfile('p3').png().toBuffer())).toBe(false);
    expect(await isShared(await picture.clone().withMetadata({ orientation: 6 }).tiff().toBuffer())).toBe(false);
    expect(await isShared(await animatedGif())).toBe(false);
  });

  it('that cannot be decoded fails as with one', async () => {
    const whole = await colours({ width: 200, height: 200 }).png().toBuffer();
    const output: OutputRecipe = { operations: [], format: 'png' };
    const failed = processAll(whole.subarray(0, whole.length / 2), { outputs: { one: output, other: output } });
    await expect(failed).rejects.toMatchObject({ code: 'undecodable-image' });
  });
});
