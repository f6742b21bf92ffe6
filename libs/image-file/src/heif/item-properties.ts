import { boxesIn, unsigned, type Box } from './boxes.js';

/** More items or properties no file of one picture has. */
const mostAssociations = 16_384;

/**
 * The properties of an item. `iprp` has all properties of all items in `ipco`; each `ipma` says which of them are whose.
 */
export function propertiesOf(iprp: Buffer, item: number): Box[] {
  const boxes = boxesIn(iprp);
  const properties = boxesIn(boxes.find(({ type }) => type === 'ipco')?.content ?? Buffer.alloc(0));
  return boxes
    .filter(({ type }) => type === 'ipma')
    .flatMap(({ content }) => indicesOf(content, item))
    .flatMap((index) => properties[index - 1] ?? []);
}

/** The places of an item's properties in `ipco`, from 1. */
function indicesOf(ipma: Buffer, item: number): number[] {
  const idBytes = ipma[0] === 0 ? 2 : 4;
  const indexBytes = (ipma[3] ?? 0) & 1 ? 2 : 1;
  // The highest bit says whether a reader must know the property.
  const indexMask = indexBytes === 2 ? 0x7fff : 0x7f;
  let at = 8;
  for (let left = Math.min(unsigned(ipma, 4, 4), mostAssociations); left > 0 && at < ipma.length; left--) {
    const id = unsigned(ipma, at, idBytes);
    const count = ipma[at + idBytes] ?? 0;
    at += idBytes + 1;
    if (id === item) {
      return Array.from(
        { length: count },
        (_unused, index) => unsigned(ipma, at + index * indexBytes, indexBytes) & indexMask,
      );
    }
    at += count * indexBytes;
  }
  return [];
}
