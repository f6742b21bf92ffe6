import { expect, it } from 'vitest';
import { isSvg } from './is-svg.js';

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
const doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">';

it.each([
  ['its element alone', svg],
  ['spaces in front', `\n\t ${svg}`],
  ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${svg}`],
  ['a document type', `<?xml version="1.0"?>${doctype}\n${svg}`],
  ['entities that would read files', `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`],
  ['comments', `<!-- made by <svg> --><!-- twice -->${svg}`],
  ['a prefix', '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"></svg:svg>'],
  ['an element of several lines', '<svg\n  width="9">'],
  ['a byte order mark', `\ufeff${svg}`],
])('an SVG is known with %s', (_, text) => {
  expect(isSvg(Buffer.from(text))).toBe(true);
});

it('an SVG is known in UTF-16', () => {
  const littleEndian = Buffer.from(`\ufeff<?xml version="1.0"?>${svg}`, 'utf16le');

  expect(isSvg(littleEndian)).toBe(true);
  expect(isSvg(Buffer.from(littleEndian).swap16())).toBe(true);
});

it.each([
  ['nothing', ''],
  ['a page with an SVG in it', `<!doctype html><html>${svg}</html>`],
  ['another XML', '<?xml version="1.0"?><kml/>'],
  ['another element', '<svgx/>'],
  ['a text about SVG', `see ${svg}`],
  ['a comment without an end', `<!-- ${svg}`],
])('what is no SVG is not taken for one: %s', (_, text) => {
  expect(isSvg(Buffer.from(text))).toBe(false);
});
