import { describe, expect, it } from 'vitest';
import { colours, difference, pixelsOf } from '../../test/pictures.js';
import { processOne } from '../../test/processing.js';

const picture = (progressive: boolean): Promise<Buffer> =>
  colours({ width: 128, height: 96 }).jpeg({ quality: 95, progressive }).toBuffer();

/** What cameras write behind the last pixel, or forget. */
const endBytes = 2;

describe('a JPEG without its end marker', () => {
  it('is whole when nothing else is missing', async () => {
    const whole = await picture(false);
    const made = await processOne(whole.subarray(0, -endBytes), []);
    expect(difference(await pixelsOf(made.bytes), await pixelsOf(whole))).toBe(0);
  });

  it.each([0.3, 0.7, 0.95])('is cut off when %f of it are there', async (part) => {
    const whole = await picture(false);
    await expect(processOne(whole.subarray(0, Math.floor(whole.length * part)), [])).rejects.toMatchObject({
      code: 'undecodable-image',
      message: 'The picture cannot be decoded: the file is cut off, its end is missing',
    });
  });

  it.each([0.3, 0.7, 0.95])('is cut off when it is progressive, and %f of it are there', async (part) => {
    const whole = await picture(true);
    await expect(processOne(whole.subarray(0, Math.floor(whole.length * part)), [])).rejects.toMatchObject({
      code: 'undecodable-image',
    });
  });

  it('has the bytes behind it looked over, as cameras leave some there', async () => {
    const whole = await picture(false);
    const made = await processOne(Buffer.concat([whole, Buffer.from('a trailer of some camera')]), []);
    expect(difference(await pixelsOf(made.bytes), await pixelsOf(whole))).toBe(0);
  });
});
