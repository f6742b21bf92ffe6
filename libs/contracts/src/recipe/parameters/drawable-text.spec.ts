import { describe, expect, it } from 'vitest';
import { isPrintable, whyUndrawable } from './drawable-text.js';

const has = 'it has Latin, Greek, Cyrillic and Devanagari letters, digits, punctuation and currency signs';
const invisible = 'must have a character that can be seen: a letter, a digit or a sign';

describe('a text', () => {
  it.each([
    'a',
    '© Müller & Söhne <b>',
    '“€ 7,50” – № 5 ½ ™',
    'Ελληνικά: Ωμέγα',
    'Русский, українська, Ђ',
    'Tiếng Việt, İstanbul, Ħ, ŋ, ʃ',
    'हिन्दी क्षत्रिय ₹',
    'e\u0301 combines',
    'क्\u200Dष joins',
    'no\u00ADbreak\u2060 here',
  ])('can be drawn: %s', (text) => {
    expect(isPrintable(text)).toBe(true);
    expect(whyUndrawable(text)).toBeNull();
  });

  it.each([
    ['emoji and Chinese', 'a 😀 漢', '😀 (U+1F600), 漢 (U+6F22)'],
    ['each once', '漢字漢字', '漢 (U+6F22), 字 (U+5B57)'],
    ['writing from right to left', 'שלום', 'ש (U+05E9), ל (U+05DC), ו (U+05D5), ם (U+05DD)'],
    ['arrows', '→ a', '→ (U+2192)'],
    ['what cannot be seen', 'a\u3164\u05B0\uE000\uFFFF', 'U+3164, U+05B0, U+E000, U+FFFF'],
    ['an emoji of several parts', '👩\u200D💻', '👩 (U+1F469), 💻 (U+1F4BB)'],
    ['a digit in a key', '1\uFE0F\u20E3', 'U+20E3'],
  ])('is refused for characters that the font does not have: %s', (_what, text, named) => {
    expect(whyUndrawable(text)).toBe(`has characters that the font does not have: ${named}; ${has}`);
  });

  it('is refused with ten characters named, and the number of the others', () => {
    const text = '一二三四五六七八九十百千萬';

    expect(whyUndrawable(text)).toMatch(/^has characters .*: 一 \(U\+4E00\), .* 十 \(U\+5341\) and 3 more; it has /);
  });

  it.each([
    ['spaces', '   '],
    ['spaces of other widths', '\u00A0\u2003\u202F'],
    ['no width at all', '\u200B\u2060\uFEFF'],
    ['soft hyphens', '\u00AD\u00AD'],
    ['directions', '\u202E\u2066'],
    ['marks without a letter', '\u0301\u0302'],
    ['a vowel sign without a consonant', '\u093F'],
    ['a mark on a space', ' \u0301'],
    ['a selector', '\uFE0F'],
  ])('is refused when it is only of %s', (_what, text) => {
    expect(whyUndrawable(text)).toBe(invisible);
  });

  it('may have the selector that telephones put behind a sign', () => {
    expect(whyUndrawable('©\uFE0F ™\uFE0E')).toBeNull();
  });

  it.each(['a\nb', 'a\r', 'a\tb', 'a\0', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\uD800'])(
    'is one line: not %j',
    (text) => {
      expect(isPrintable(text)).toBe(false);
    },
  );
});
