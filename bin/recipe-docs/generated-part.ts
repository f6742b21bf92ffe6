/**
 * Puts what is generated between its two marks in a page. Everything outside of them is left as it is.
 * @throws when the page has no such marks
 */
export function withGeneratedPart(page: string, mark: { begin: string; end: string }, part: string): string {
  const [begin, end] = [`<!-- ${mark.begin} -->`, `<!-- ${mark.end} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`doc/recipes.md has no place for ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${part}\n\n${page.slice(to)}`;
}
