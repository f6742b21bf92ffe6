import { mkdtemp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operationNames, type Operation } from '#contracts';
import { WorkerConfig } from '../../apps/worker/src/config.js';
import { ImageProcessor } from '../../apps/worker/src/image/image-processor.js';
import { readWatermark } from '../../apps/worker/src/image/operations/watermark.js';
import { landscape } from './landscape.js';
import { logo } from './logo.js';
import { picturesOf, withOperationSections } from './operation-sections.js';
import { withOptionTable } from './option-table.js';

/** Where `npm run` runs: the root of the repository. */
const page = join('doc', 'recipes.md');
const pictureFolder = join('doc', 'recipes');

/** Makes the photo and the pictures of doc/recipes.md, by the code that workers run, and writes its generated parts. */
export async function writeRecipeDocs(): Promise<void> {
  await mkdir(pictureFolder, { recursive: true });
  const photo = join(pictureFolder, 'source.jpg');
  const scene = await landscape(960, 640);
  await scene.jpeg({ quality: 82, mozjpeg: true }).toFile(photo);
  const watermarks = new Map([['logo', await readWatermark(await logo())]]);
  const folder = await mkdtemp(join(tmpdir(), 'node-micro-'));
  try {
    const small: Operation = { resize: { width: 320, height: 214 } };
    const pictures = [{ name: 'source', operations: [] }, ...operationNames.flatMap(picturesOf)];
    const processor = new ImageProcessor(new WorkerConfig());
    for (const { name, operations } of pictures) {
      const outputs = { picture: { operations: [small, ...operations], format: 'webp' as const, quality: 80 } };
      const [made] = await processor.process(photo, { outputs }, folder, undefined, watermarks);
      await writeFile(join(pictureFolder, `${name}.webp`), await readFile(made!.path));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const written = withOptionTable(withOperationSections(await readFile(page, 'utf8')));
  await writeFile(`${page}.new`, written);
  await rename(`${page}.new`, page);
}
