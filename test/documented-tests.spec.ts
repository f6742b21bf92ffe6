import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from './harness/manifests.js';

const folders = ['apps', 'libs', 'bin', 'test'];
const files = globSync(
  folders.map((folder) => `${folder}/**/*.ts`),
  { cwd: repository },
);

/** The text of the test files of this name, wherever they are; undefined when there is none. */
function testFile(name: string): string | undefined {
  const paths = files.filter((file) => basename(file) === name);
  return paths.length === 0 ? undefined : paths.map((path) => readFileSync(`${repository}${path}`, 'utf8')).join('\n');
}

function page(name: string): string {
  return readFileSync(`${repository}doc/${name}.md`, 'utf8').replaceAll(/\s+/g, ' ');
}

describe('a test that a page names', () => {
  it.each(['reliability', 'security'])('exists: doc/%s.md', (name) => {
    const named = [...page(name).matchAll(/`([a-z.-]+\.spec\.ts)`/g)].map(([, file]) => file!);
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((file) => !testFile(file))).toEqual([]);
  });

  it('has the title that doc/reliability.md says', () => {
    const named = [...page('reliability').matchAll(/`([a-z.-]+\.spec\.ts)`: “([^”]+)”/g)];
    expect(named.length).toBeGreaterThan(40);
    const unknown = named.filter(([, file, title]) => !testFile(file!)?.includes(title!));
    expect(unknown.map(([mention]) => mention)).toEqual([]);
  });
});
