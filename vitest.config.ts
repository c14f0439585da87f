import { defineConfig } from 'vitest/config';

const common = { environment: 'node' as const };

// .ci/run adds up these reports, one per run of vitest.
const results = process.env.VAPP_TEST_RESULTS;
const reporters = results
  ? ['default', ['json', { outputFile: `${results}/${process.pid}.json` }]]
  : ['default'];

/** Each of these is run by name only: `npm run test:e2e:NAME`. */
const optional = ['remote', 'kvm', 'xen', 'mapper', 'builder', 'grub'];
const filesOf = (name: string): string[] => [`test/e2e/${name}.test.ts`, `test/e2e/${name}-*.test.ts`];

const endToEnd = (name: string, files: { include: string[]; exclude?: string[] }) => ({
  test: {
    ...common,
    ...files,
    name,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});

export default defineConfig({
  test: {
    reporters: reporters as ['default'],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.int.test.ts', 'test/e2e/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/**/*.int.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      endToEnd('e2e', {
        include: ['test/e2e/**/*.test.ts'],
        exclude: optional.flatMap(filesOf),
      }),
      ...optional.map((name) => endToEnd(`e2e-${name}`, { include: filesOf(name) })),
    ],
  },
});
