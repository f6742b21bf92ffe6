import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '#contracts';

/** A file or a folder that a bundle needs beside it: where it is in the repository, and where it goes. */
export interface CompanionFile {
  from: string;
  to: string;
}

/** The files of Swagger UI that its page loads, and the one by which they are found; the rest is source maps. */
const swaggerFiles = [
  'LICENSE',
  'NOTICE',
  'absolute-path.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
  'package.json',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'swagger-ui.css',
];

const fontPackage = '@expo-google-fonts/noto-sans';

/** What goes beside the bundled file of a service. */
export function companionFiles(repository: string, service: ServiceName): CompanionFile[] {
  switch (service) {
    case 'master':
      return [
        { from: 'recipes.json', to: 'recipes.json' },
        ...swaggerFiles.map((file) => fromPackage(`swagger-ui-dist/${file}`)),
      ];
    case 'worker':
      return [
        { from: 'apps/worker/fonts.conf', to: 'fonts.conf' },
        // The code of a thread, which is started from its file.
        { from: 'dist/apps/worker/src/image/heic/heic-thread.mjs', to: 'heic-thread.mjs' },
        ...nativePackages(repository).map(fromPackage),
        fromPackage(`${fontPackage}/500Medium/NotoSans_500Medium.ttf`),
        fromPackage(`${fontPackage}/LICENSE_FONT`),
      ];
    case 'ui':
      return [{ from: 'apps/ui/public', to: 'public' }];
    default:
      return [];
  }
}

/** sharp's native part, as it is installed for the platform that npm runs on. */
function nativePackages(repository: string): string[] {
  const folder = join(repository, 'node_modules/@img');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('sharp-')) : [];
  if (names.length === 0) throw new Error('sharp is not installed for this platform: run "npm ci"');
  return names.sort().map((name) => `@img/${name}`);
}

function fromPackage(path: string): CompanionFile {
  return { from: `node_modules/${path}`, to: `node_modules/${path}` };
}
