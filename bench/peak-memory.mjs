import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerConfig } from '../dist/apps/worker/src/config.js';
import { ImageProcessor } from '../dist/apps/worker/src/image/image-processor.js';

// Processes one picture in a process of its own, and prints by how many bytes the process grew at its peak. From /proc,
// so on Linux only.
//   node bench/peak-memory.mjs <small picture of the same kind> <picture> <outputs, as JSON>

const [small, picture, outputs] = process.argv.slice(2);
const config = Object.assign(new WorkerConfig(), { imageMemoryBytes: 2 ** 50, processingSeconds: 3600 });
const processor = new ImageProcessor(config);
const folder = mkdtempSync(join(tmpdir(), 'node-micro-bench-'));
const recipe = { outputs: JSON.parse(outputs) };

function bytes(field) {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)[1]) * 1024;
}

try {
  await processor.process(small, recipe, folder);
  const rest = bytes('VmRSS');
  await processor.process(picture, recipe, folder);
  process.stdout.write(`${bytes('VmHWM') - rest}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
