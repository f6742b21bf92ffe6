import { fontCoverage } from './font-coverage.js';

/** What the font has, in words; `fontCoverage` has it character by character. */
const coverageInWords = 'Latin, Greek, Cyrillic and Devanagari letters, digits, punctuation and currency signs';

/** So many characters are named of those that cannot be drawn. */
const namedLimit = 10;

/** Controls, line breaks, and halves of characters. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Telephones put U+FE0F behind a © or ™ to have it drawn as an emoji. The font has none, and workers leave it out. */
const selectors = '\uFE0E\uFE0F';
const notInFont = new RegExp(`[^${fontCoverage.map(characterRange).join('')}${selectors}]`, 'gu');

/** A mark that combines with letters has nothing to stand on without one. */
const visible = /[[\p{L}\p{N}\p{P}\p{S}]--\p{Default_Ignorable_Code_Point}]/v;

export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** Why workers could not draw a text, with the characters that are at fault; null for a text that they can. */
export function whyUndrawable(text: string): string | null {
  const missing = [...new Set(text.match(notInFont))];
  if (missing.length > 0) {
    const named = missing.slice(0, namedLimit).map(nameOf).join(', ');
    const others = missing.length > namedLimit ? ` and ${missing.length - namedLimit} more` : '';
    return `has characters that the font does not have: ${named}${others}; it has ${coverageInWords}`;
  }
  return visible.test(text) ? null : 'must have a character that can be seen: a letter, a digit or a sign';
}

function characterRange([first, last]: readonly [number, number]): string {
  return `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`;
}

/** A character with its code point; the code point alone where the character could not be seen, or would join others. */
function nameOf(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return visible.test(character) ? `${character} (${code})` : code;
}
