import { operationNames, operationParameters, parameterRules, type Operation, type OperationName } from '#contracts';
import { operationExamples } from './examples.js';
import { withGeneratedPart } from './generated-part.js';
import { markdownTable } from './markdown-table.js';

/** The pictures of an operation, by the names of their files without the extension. */
export function picturesOf(name: OperationName): { name: string; operations: Operation[] }[] {
  const { before, operation, also } = operationExamples[name];
  return [
    ...(before ? [{ name: `${name}-before`, operations: before }] : []),
    { name, operations: [...(before ?? []), operation] },
    ...(also ? [{ name: `${name}-${also.name}`, operations: [also.operation] }] : []),
  ];
}

/** What the section of an operation shows in JSON. */
export function examplesOf(name: OperationName): Operation[] {
  const { operation, also } = operationExamples[name];
  return also ? [operation, also.operation] : [operation];
}

/**
 * Writes the generated part of every operation's section: its picture, what the picture shows, and the table of its
 * parameters. Everything outside of the marks is left as it is.
 * @throws when an operation has no place in the page
 */
export function withOperationSections(page: string): string {
  return operationNames.reduce(
    (text, name) =>
      withGeneratedPart(text, { begin: `operation ${name}`, end: `end of ${name}` }, operationSection(name)),
    page,
  );
}

function operationSection(name: OperationName): string {
  const pictures = picturesOf(name).map((picture) => `![${picture.name}](recipes/${picture.name}.webp)`);
  const isChange = operationExamples[name].before !== undefined;
  const examples = examplesOf(name).map((example) => ['```json', printed(example), '```'].join('\n'));
  return [pictures.join(isChange ? ' → ' : ' '), ...examples, parameterTable(name)].join('\n\n');
}

function parameterTable(name: OperationName): string {
  const rules = parameterRules(operationParameters[name]);
  if (rules.length === 0) return 'No parameters.';
  const rows = rules.map(({ name: parameter, rule, required }) => [
    `\`${parameter}\``,
    required ? 'yes' : 'no',
    rule.replace(/^must be /, ''),
  ]);
  return markdownTable([['Parameter', 'Required', 'Must be'], ...rows]);
}

/** JSON as prettier writes it: on one line, but a matrix row by row. */
function printed(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const entries = isList
    ? value.map((item) => printed(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printed(item, inner)}`);
  const isMatrix = isList && Array.isArray(value[0]);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return open + close;
  if (isMatrix || entries.some((entry) => entry.includes('\n'))) {
    return `${open}\n${inner}${entries.join(`,\n${inner}`)}\n${indent}${close}`;
  }
  return isList ? `[${entries.join(', ')}]` : `{ ${entries.join(', ')} }`;
}
