import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { drawText } from './text.js';

/** Settings with which every letter would be drawn eight times as wide. */
const stretching = `<?xml version="1.0"?>
<fontconfig><match target="font"><edit name="matrix" mode="assign">
  <matrix><double>8</double><double>0</double><double>0</double><double>1</double></matrix>
</edit></match></fontconfig>`;

it('The font settings of the machine change nothing of a text', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'node-micro-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const settings = join(folder, 'fonts.conf');
  writeFileSync(settings, stretching);
  process.env.FONTCONFIG_FILE = settings;

  const { raw } = await drawText('l', { colour: 'white', opacity: 1 }, { width: 300, height: 300 });

  expect(raw!.height).toBe(300);
  expect(raw!.width).toBeLessThan(60);
});
