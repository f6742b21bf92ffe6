import { encodedFormats, outputOptionNames, outputOptions } from '#contracts';
import { withGeneratedPart } from './generated-part.js';
import { markdownTable } from './markdown-table.js';

/** Writes the table of the options that an output may have. */
export function withOptionTable(page: string): string {
  const rows = outputOptionNames.map((name) => {
    const { formats, rule } = outputOptions[name];
    return [
      `\`${name}\``,
      formats.length === encodedFormats.length ? 'all' : formats.join(', '),
      rule.replace(/^must be /, ''),
    ];
  });
  const table = markdownTable([['Option', 'For', 'Must be'], ...rows]);
  return withGeneratedPart(page, { begin: 'options of an output', end: 'end of the options' }, table);
}
