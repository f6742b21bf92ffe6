import type { Operation } from '#contracts';
import { entryOf } from './operations/operation-table.js';

/**
 * Cuts an ordered list of operations into passes, each of which one sharp pipeline does in that very order. Without
 * operations there is still one pass, which only changes the format. An empty pass makes a picture plain,
 * or rounds its colours.
 * @param plain whether the picture is upright and in sRGB
 */
export function passesOf(operations: Operation[], plain = true): Operation[][] {
  const passes: Operation[][] = [[]];
  let stage = 0;
  for (const [index, operation] of operations.entries()) {
    const entry = entryOf(operation);
    if (index === 0 && !plain && entry.plain) passes.push([]);
    const pass = passes.at(-1)!;
    if (pass.length > 0 && (entry.first || entry.stage <= stage)) passes.push([operation]);
    else pass.push(operation);
    stage = entry.until ?? entry.stage;
  }
  const last = operations.at(-1);
  if (last && entryOf(last).fractions) passes.push([]);
  return passes;
}
