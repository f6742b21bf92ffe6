import { describe, expect, it } from 'vitest';
import { Problem } from '../problem/problem.js';
import { outputFormats } from './output-format.js';
import { outputOptionNames, outputOptions, type OutputOptionName } from './output-options.js';
import { parseRecipe } from './parse-recipe.js';

/** What is said of each option of an output; nothing when the output is valid. */
function refusals(output: object): Record<string, string> {
  try {
    expect(parseRecipe({ outputs: { thumb: output } }).outputs.thumb).toEqual({
      operations: [],
      format: 'same',
      ...output,
    });
    return {};
  } catch (error) {
    if (!Problem.is(error, 'invalid-request')) throw error;
    return Object.fromEntries(
      error.extras.errors!.map(({ field, message }) => [field.replace(/^outputs\.thumb\./, ''), message]),
    );
  }
}

describe('an option of an output', () => {
  const cases: Record<OutputOptionName, [rule: string, allowed: unknown[], refused: unknown[]]> = {
    quality: ['must be a whole number from 1 to 100', [1, 80, 100], [0, 101, 80.5, '80', null, true, [80]]],
    background: [
      'must be a colour: #rgb, #rrggbb, black or white',
      ['#fff', '#A1b2c3', 'black', 'White'],
      ['transparent', '#ffff', '#a1b2c3d4', 'red', '', null, 0, ['#fff'], '#fff\n'],
    ],
    chromaSubsampling: ['must be one of 4:2:0, 4:4:4', ['4:2:0', '4:4:4'], ['4:2:2', '420', 420, null, ['4:4:4']]],
    lossless: ['must be true or false', [true, false], ['true', 1, 0, null, {}]],
    density: ['must be a number from 1 to 2400', [1, 72, 203.2, 2400], [0, 0.9, 2401, -300, '300', null, [300]]],
    keep: [
      'must be a list of copyright',
      [['copyright']],
      [[], 'copyright', ['Copyright'], ['copyright', 'copyright'], ['gps'], [null], null, {}, true],
    ],
    animated: ['must be one of keep, refuse', ['keep', 'refuse'], ['drop', true, null, ['keep']]],
    palette: ['must be true or false', [true, false], ['true', 1, 0, null, {}]],
    facts: ['must be true or false', [true, false], ['yes', 1, 0, null, {}]],
  };

  it.each(outputOptionNames)('%s has the values that it is said to have', (name) => {
    const [rule, allowed, refused] = cases[name];
    for (const value of allowed) expect(refusals({ [name]: value }), JSON.stringify(value)).toEqual({});
    for (const value of refused) expect(refusals({ [name]: value }), JSON.stringify(value)).toEqual({ [name]: rule });
  });

  it.each(outputOptionNames)('%s is for `same` and for the formats that have it', (name) => {
    const { formats } = outputOptions[name];
    const [, [value]] = cases[name];
    expect(formats.length).toBeGreaterThan(0);
    for (const format of outputFormats) {
      const has = format === 'same' || formats.includes(format);
      const refused = has ? {} : { [name]: `is for the formats same, ${formats.join(', ')}` };
      expect(refusals({ format, [name]: value }), format).toEqual(refused);
    }
  });
});

describe('options of one output that rule each other out', () => {
  it.each([
    ['a quality of what is lossless', { lossless: true, quality: 80 }, { quality: 'cannot go with lossless' }],
    [
      'half the colours of what is lossless',
      { lossless: true, chromaSubsampling: '4:2:0' },
      { chromaSubsampling: 'must be 4:4:4 with lossless' },
    ],
  ])('are refused: %s', (_what, options, errors) => {
    expect(refusals(options)).toEqual(errors);
  });

  it('go together where the one is off', () => {
    expect(refusals({ lossless: false, quality: 80, chromaSubsampling: '4:2:0' })).toEqual({});
    expect(refusals({ lossless: true, chromaSubsampling: '4:4:4' })).toEqual({});
  });

  it('are not looked at before each is right', () => {
    expect(refusals({ lossless: true, quality: 0 })).toEqual({ quality: 'must be a whole number from 1 to 100' });
  });
});
