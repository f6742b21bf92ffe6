import { encodedFormats, type EncodedFormat } from './output-format.js';
import { decimal, flag, listOf, oneOf, opaqueColour, wholeNumber, type ValueRule } from './value-rule.js';

export const chromaSubsamplings = ['4:2:0', '4:4:4'] as const;
/** Metadata of a source that an output may keep; `copyright` is what EXIF calls Copyright and Artist. */
export const keptMetadata = ['copyright'] as const;
/** What may become of an animated source. */
export const animationRules = ['keep', 'refuse'] as const;

const withExif = ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const;

/** How an output is written. Options are named as in sharp where sharp has them; each is for some formats only. */
export interface OutputOptions {
  /** 1 to 100. */
  quality?: number;
  /** The colour that a transparent picture is laid on. */
  background?: string;
  /** Whether colours have half the resolution of brightness, or all of it. */
  chromaSubsampling?: (typeof chromaSubsamplings)[number];
  /** Whether every pixel keeps its colour exactly. */
  lossless?: boolean;
  /** Whether it has at most 256 colours, which are listed once. */
  palette?: boolean;
  /** Whether the output is to come with its `ImageFacts`. */
  facts?: boolean;
  /** In pixels per inch; of the source when it is not said. */
  density?: number;
  /** What of the source's EXIF data is kept. */
  keep?: (typeof keptMetadata)[number][];
  /** Whether an animation is kept, as far as the format can, or the task fails. */
  animated?: (typeof animationRules)[number];
}

export type OutputOptionName = keyof OutputOptions;

export interface OutputOption extends ValueRule {
  /** The formats that have it. An output in the format of its source, whatever that is, may have all options. */
  formats: readonly EncodedFormat[];
}

/** Every option, in the order in which they are documented. */
export const outputOptions: Record<OutputOptionName, OutputOption> = {
  quality: { formats: ['jpeg', 'webp', 'avif'], ...wholeNumber(1, 100) },
  background: { formats: ['jpeg'], ...opaqueColour() },
  chromaSubsampling: { formats: ['jpeg', 'avif'], ...oneOf(chromaSubsamplings) },
  lossless: { formats: ['webp', 'avif'], ...flag() },
  palette: { formats: ['png'], ...flag() },
  facts: { formats: encodedFormats, ...flag() },
  density: { formats: withExif, ...decimal(1, 2400) },
  keep: { formats: withExif, ...listOf(keptMetadata) },
  animated: { formats: encodedFormats, ...oneOf(animationRules) },
};

export const outputOptionNames = Object.keys(outputOptions) as OutputOptionName[];

/** An option that another one rules out, and why. */
interface Conflict {
  option: OutputOptionName;
  rule: string;
  isMet: (options: OutputOptions) => boolean;
}

/** Rules between options of one output. */
export const outputConflicts: readonly Conflict[] = [
  {
    option: 'quality',
    rule: 'cannot go with lossless',
    isMet: ({ lossless, quality }) => !lossless || quality === undefined,
  },
  {
    option: 'chromaSubsampling',
    rule: 'must be 4:4:4 with lossless',
    isMet: ({ lossless, chromaSubsampling }) => !lossless || chromaSubsampling !== '4:2:0',
  },
];
