import { boxesIn, unsigned, type Box } from './boxes.js';
import { propertiesOf } from './item-properties.js';

/** The numbers of ITU-T H.273 that say what the values of a picture mean. */
export interface NclxColour {
  primaries: number;
  transfer: number;
  matrix: number;
  /** Whether the values use all of their range, not that of video. */
  fullRange: boolean;
}

/** The primary item of a HEIF file: the picture that is shown. */
export interface HeifPicture {
  /** `av01`, `hvc1`, …; of a picture that is put together from others, how: `grid`, `iovl`, `iden`. */
  itemType: string;
  /** How the pixels are coded: `av01`, `hvc1`, …, also of what a grid is made of; null when that is not said. */
  coding: string | null;
  /** In pixels, before any rotation; null when it is not said. */
  width: number | null;
  /** In pixels, before any rotation; null when it is not said. */
  height: number | null;
  bitsPerChannel: number[];
  /** Null when it is not said. */
  colour: NclxColour | null;
  /** Whether it has an ICC profile. */
  hasProfile: boolean;
  /** The ICC profile; null without. */
  profile: Buffer | null;
  /** By how many quarters it is to be turned counter-clockwise when it is shown: 0 to 3. */
  quarterTurns: number;
}

const derivedTypes = new Set(['grid', 'iovl', 'iden', 'tmap']);

/** The picture that the boxes of `meta` describe; null when they have no primary item of a known type. */
export function readHeifPicture(meta: readonly Box[]): HeifPicture | null {
  const content = (type: string): Buffer => meta.find((box) => box.type === type)?.content ?? Buffer.alloc(0);
  const types = itemTypes(content('iinf'));
  const primary = itemId(content('pitm'), 4, content('pitm')[0] ?? 0);
  const itemType = types.get(primary);
  if (!itemType) return null;

  const coding = derivedTypes.has(itemType) ? (types.get(sourceOf(content('iref'), primary)) ?? null) : itemType;
  const picture: HeifPicture = {
    itemType,
    coding,
    width: null,
    height: null,
    bitsPerChannel: [],
    colour: null,
    hasProfile: false,
    profile: null,
    quarterTurns: 0,
  };
  for (const property of propertiesOf(content('iprp'), primary)) describe(picture, property);
  return picture;
}

/** The types of all items, by their ids: `iinf` has one `infe` box for each. */
function itemTypes(iinf: Buffer): Map<number, string> {
  const types = new Map<number, string>();
  for (const { type, content } of boxesIn(iinf.subarray(iinf[0] === 0 ? 6 : 8))) {
    // Older versions have no type.
    const version = content[0] ?? 0;
    if (type !== 'infe' || version < 2) continue;
    const at = version === 2 ? 8 : 10;
    if (content.length >= at + 4) types.set(itemId(content, 4, version - 2), content.toString('latin1', at, at + 4));
  }
  return types;
}

/** The first of the items that a derived item is put together from; 0 when that is not said. */
function sourceOf(iref: Buffer, item: number): number {
  const version = iref[0] ?? 0;
  const idBytes = version === 0 ? 2 : 4;
  const references = boxesIn(iref.subarray(4)).filter(({ type }) => type === 'dimg');
  const own = references.find(({ content }) => itemId(content, 0, version) === item);
  return own ? itemId(own.content, idBytes + 2, version) : 0;
}

/** Ids have 16 bits in the first version of a box, and 32 in later ones. */
function itemId(content: Buffer, at: number, version: number): number {
  return unsigned(content, at, version === 0 ? 2 : 4);
}

function describe(picture: HeifPicture, { type, content }: Box): void {
  if (type === 'ispe' && content.length >= 12) {
    [picture.width, picture.height] = [content.readUInt32BE(4), content.readUInt32BE(8)];
  } else if (type === 'pixi') {
    picture.bitsPerChannel = [...content.subarray(5, 5 + (content[4] ?? 0))];
  } else if (type === 'colr') {
    const kind = content.toString('latin1', 0, 4);
    if (kind === 'nclx' && content.length >= 11) {
      const [primaries, transfer, matrix] = [4, 6, 8].map((at) => content.readUInt16BE(at)) as [number, number, number];
      picture.colour = { primaries, transfer, matrix, fullRange: content[10]! >= 0x80 };
    }
    if (kind === 'prof' || kind === 'rICC') {
      picture.hasProfile = true;
      picture.profile ??= content.subarray(4);
    }
  } else if (type === 'irot') {
    picture.quarterTurns = (content[0] ?? 0) & 3;
  }
}
