import {
  animationRules,
  chromaSubsamplings,
  extendModes,
  fits,
  fontCoverage,
  gravities,
  keptMetadata,
  outputConflicts,
  outputFormats,
  outputOptionNames,
  outputOptions,
  pictureKey,
  positions,
  type Operation,
  type OperationName,
  type OutputOptionName,
  type OutputRecipe,
  type Recipe,
} from '#contracts';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** A whole number; mostly one that means something to a small picture. */
const whole = (least: number, most: number, usual = most): Arbitrary<number> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: least, max: Math.min(most, usual) }) },
    { weight: 1, arbitrary: fc.integer({ min: least, max: most }) },
  );
const decimal = (min: number, max: number): Arbitrary<number> => fc.double({ min, max, noNaN: true });
const colour = fc.oneof(
  fc.constantFrom('black', 'white', 'transparent', '#FFF', '#1a2b'),
  fc.stringMatching(/^#[0-9a-f]{6}([0-9a-f]{2})?$/),
);
const matrix = (size: number): Arbitrary<number[][]> => {
  const side = { minLength: size, maxLength: size };
  return fc.array(fc.array(decimal(-10, 10), side), side);
};
const perChannel = (least: number, most: number): Arbitrary<number | number[]> =>
  fc.oneof(decimal(least, most), fc.array(decimal(least, most), { minLength: 1, maxLength: 4 }));
const some = (parameters: Record<string, Arbitrary<unknown>>, requiredKeys: string[] = []): Arbitrary<object> =>
  fc.record(parameters, { requiredKeys });

const linear = some({ a: perChannel(-100, 100), b: perChannel(-25_500, 25_500) }).filter((parameters) => {
  const { a, b } = parameters as { a?: unknown; b?: unknown };
  if (a === undefined && b === undefined) return false;
  return !Array.isArray(a) || !Array.isArray(b) || a.length === b.length;
});
const resize = some({
  width: whole(1, 16_384, 80),
  height: whole(1, 16_384, 80),
  fit: fc.constantFrom(...fits),
  position: fc.constantFrom(...positions),
  background: colour,
  withoutEnlargement: fc.boolean(),
  withoutReduction: fc.boolean(),
}).filter((parameters) => {
  const { width, height, withoutEnlargement, withoutReduction } = parameters as Record<string, unknown>;
  return (width !== undefined || height !== undefined) && !(withoutEnlargement && withoutReduction);
});
const normalise = some({ lower: whole(0, 99), upper: whole(1, 100) }).filter((parameters) => {
  const { lower = 1, upper = 99 } = parameters as { lower?: number; upper?: number };
  return lower < upper;
});

const visible = /[[\p{L}\p{N}\p{P}\p{S}]--\p{Default_Ignorable_Code_Point}]/v;

/** Any text that can be drawn: of any characters that the font has, in any order. */
export const drawableText = fc
  .array(
    fc
      .constantFrom(...fontCoverage)
      .chain(([min, max]) => fc.integer({ min, max }))
      .map((codePoint) => String.fromCodePoint(codePoint))
      .filter((character) => !/[\p{Zl}\p{Zp}]/u.test(character)),
    { minLength: 1, maxLength: 100 },
  )
  .map((characters) => characters.join(''))
  .filter((text) => visible.test(text));

/** The picture that any recipe may draw. */
export const anyPicture = pictureKey('0'.repeat(64));

const watermark = {
  gravity: fc.constantFrom(...gravities),
  opacity: decimal(0.01, 1),
  size: decimal(0.01, 1),
  tile: fc.boolean(),
};

/** Parameters that each operation allows: all of them, in all their range. */
const parametersOf: Record<OperationName, Arbitrary<object>> = {
  resize,
  extract: some(
    {
      left: whole(0, 16_384, 20),
      top: whole(0, 16_384, 20),
      width: whole(1, 16_384, 20),
      height: whole(1, 16_384, 20),
    },
    ['left', 'top', 'width', 'height'],
  ),
  trim: some({ background: colour, threshold: decimal(0, 255), lineArt: fc.boolean() }),
  extend: some({
    top: whole(0, 4096, 20),
    bottom: whole(0, 4096, 20),
    left: whole(0, 4096, 20),
    right: whole(0, 4096, 20),
    extendWith: fc.constantFrom(...extendModes),
    background: colour,
  }),
  rotate: some(
    { angle: fc.oneof(decimal(-360, 360), fc.constantFrom(-90, 0, 90, 180, 270, 360)), background: colour },
    ['angle'],
  ),
  flip: some({}),
  flop: some({}),
  negate: some({ alpha: fc.boolean() }),
  grayscale: some({}),
  tint: some({ tint: colour }, ['tint']),
  modulate: some({
    brightness: decimal(0, 100),
    saturation: decimal(0, 100),
    hue: whole(-360, 360),
    lightness: decimal(-100, 100),
  }),
  normalise,
  clahe: some({ width: whole(1, 1024, 20), height: whole(1, 1024, 20), maxSlope: whole(0, 100) }, ['width', 'height']),
  gamma: some({ gamma: decimal(1, 3), gammaOut: decimal(1, 3) }),
  linear,
  threshold: some({ threshold: whole(1, 255), grayscale: fc.boolean() }),
  flatten: some({ background: colour }),
  recomb: some({ matrix: fc.oneof(matrix(3), matrix(4)) }, ['matrix']),
  blur: some({ sigma: decimal(0.3, 200) }),
  sharpen: some({
    sigma: decimal(0.000001, 10),
    m1: decimal(0, 1_000_000),
    m2: decimal(0, 1_000_000),
    x1: decimal(0, 1_000_000),
    y2: decimal(0, 1_000_000),
    y3: decimal(0, 1_000_000),
  }),
  median: some({ size: whole(1, 50, 6) }),
  composite: fc.oneof(
    some({ ...watermark, image: fc.constant(anyPicture) }, ['image']),
    some(
      {
        ...watermark,
        colour,
        text: fc.oneof(
          fc.constantFrom('© Müller & Söhne <b>', 'a', 'Жук ™️ हिन्दी', 'a longer text that must be broken into lines'),
          fc.stringMatching(/^[ -~]{1,30}$/).filter((text) => text.trim() !== ''),
          drawableText,
        ),
      },
      ['text'],
    ),
  ),
};

const operation = fc.oneof(
  ...Object.entries(parametersOf).map(([name, parameters]) => parameters.map((value) => ({ [name]: value }))),
) as Arbitrary<object> as Arbitrary<Operation>;

/** Values that each option of an output allows. */
const optionValues: Record<OutputOptionName, Arbitrary<unknown>> = {
  quality: whole(1, 100),
  background: fc.oneof(fc.constantFrom('black', 'White', '#1aF'), fc.stringMatching(/^#[0-9a-f]{6}$/)),
  chromaSubsampling: fc.constantFrom(...chromaSubsamplings),
  lossless: fc.boolean(),
  palette: fc.boolean(),
  density: decimal(1, 2400),
  keep: fc.constant([...keptMetadata]),
  animated: fc.constantFrom(...animationRules),
  facts: fc.boolean(),
};

const output = fc
  .constantFrom(...outputFormats)
  .chain((format) => {
    const names = outputOptionNames.filter((name) => format === 'same' || outputOptions[name].formats.includes(format));
    const options = Object.fromEntries(names.map((name) => [name, optionValues[name]]));
    const operations = fc.array(operation, { maxLength: 5 });
    const model = { operations, format: fc.constant(format), ...options };
    return fc.record(model, { requiredKeys: ['operations', 'format'] });
  })
  .map((recipe) => recipe as OutputRecipe)
  .filter((recipe) => outputConflicts.every(({ isMet }) => isMet(recipe)));

/** Any recipe that is valid. */
export const validRecipe: Arbitrary<Recipe> = fc
  .dictionary(fc.stringMatching(/^[a-z]([a-z0-9_-]{0,8}[a-z0-9])?$/), output, { minKeys: 1, maxKeys: 2 })
  .map((outputs) => ({ outputs: { ...outputs } }));
