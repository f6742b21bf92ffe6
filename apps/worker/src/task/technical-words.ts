/** So many characters of what a library says are looked at, … */
const longestMessage = 10_000;
/** … and so many are kept. */
const longest = 1000;

/** How an absolute path begins: on POSIX, as a URL, on a Windows drive, or on a Windows share. */
const start = String.raw`(?:(?<![\w.<)/])/(?=[^\s/])|file://|(?<!\w)[A-Za-z]:[\\/]|\\\\)`;
/** In quotes, a path ends with them. */
const quoted = new RegExp(String.raw`(["'\`])${start}[^\n]*?\1`, 'g');
/** Elsewhere nobody can tell its spaces from those behind it: so it goes on to the last separator of its phrase. */
const bare = new RegExp(String.raw`${start}(?:[^\n"'\`<>|:;,]*[\\/])?[^\s"'\`<>|:;,]*[^\s"'\`<>|:;,.)\]}]`, 'g');

/**
 * What a library said of a failure, as it may be told to whoever uploaded the picture: in one line of at most 1000
 * characters, and without absolute paths, which are nobody's business but the operator's.
 * @returns null when nothing is left
 */
export function technicalWords(message = ''): string | null {
  const words = message
    .slice(0, longestMessage)
    .replace(quoted, '$1[path]$1')
    .replace(bare, '[path]')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return words.slice(0, longest) || null;
}
