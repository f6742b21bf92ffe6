import { defineConfig } from 'vitest/config';

const conditions = ['source'];

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.reporter.ts'],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'unit',
          include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'bin/**/*.spec.ts'],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'e2e',
          include: ['test/**/*.spec.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { name: 'bench', include: ['bench/**/*.bench.ts'], testTimeout: 600_000, fileParallelism: false },
      },
    ],
  },
});
