const longestName = 200;

/**
 * A file name as it may be shown and offered for download: the last part of whatever path the client sent, without
 * control characters and the characters that file systems reserve.
 */
export function fileName(original: string): string {
  const last = original.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}<>:"|?*]/gu, '')
    .replace(/^[\s.]+/, '')
    .slice(0, longestName)
    // Also half of a character that was cut in two, which no download could be offered with.
    .replace(/[\s.\p{Cs}]+$/u, '');
  return clean || 'image';
}
