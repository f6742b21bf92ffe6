import { defineConfig } from 'vitest/config';

const conditions = ['source'];
const sources = { resolve: { conditions }, ssr: { resolve: { conditions } } };
/** `vi.waitFor` and `expect.poll` would give up after a second, which a busy machine may need for anything. */
const waitTimeout = { setupFiles: 'test/wait-timeout.ts', expect: { poll: { timeout: 20_000 } } };
const endToEnd = { testTimeout: 90_000, hookTimeout: 60_000, ...waitTimeout };
/** Builds `dist` anew, from which the services of other tests are started. */
const walkThrough = 'test/walk-through.spec.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.reporter.ts'],
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'bin/**/*.spec.ts'],
          testTimeout: 30_000,
          ...waitTimeout,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...sources,
        test: {
          name: 'e2e',
          include: ['test/**/*.spec.ts'],
          exclude: [walkThrough],
          ...endToEnd,
          // Most of their time, these wait for leases to run out.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...sources,
        test: { name: 'walk-through', include: [walkThrough], ...endToEnd, sequence: { groupOrder: 2 } },
      },
      {
        ...sources,
        test: {
          name: 'bench',
          include: ['bench/**/*.bench.ts'],
          testTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
