/** What may stand in front of the first element of an XML file: spaces, instructions, comments, and its type. */
const prologue = [/\s+/y, /<\?[^]*?\?>/y, /<!--[^]*?-->/y, /<!DOCTYPE[^[>]*(?:\[[^]*?\]\s*)?>/iy];
const svgElement = /<(?:[\w-]+:)?svg[\s>/]/y;

/** Whether the bytes begin an SVG: an XML file whose first element is `svg`. */
export function isSvg(head: Buffer): boolean {
  const text = decoded(head);
  let at = 0;
  const passes = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  while (prologue.some(passes));
  return passes(svgElement);
}

/** UTF-16 where its mark says so, and else whatever ASCII is a part of; without any mark. */
function decoded(head: Buffer): string {
  const mark = head.toString('latin1', 0, 2);
  if (mark === '\xff\xfe') return new TextDecoder('utf-16le').decode(head);
  if (mark === '\xfe\xff') return new TextDecoder('utf-16be').decode(head);
  return new TextDecoder('utf-8').decode(head);
}
