import { expect, test } from 'vitest';

// They are not compiled with the rooms that they use, so that a name which has gone would show only when they are run.
test.each([
  ['measure/baseline.mjs', 'runBaseline'],
  ['measure/vapp.mjs', 'runVapp'],
  ['compare/ask.mjs', 'ask'],
])('%s finds all that it imports', async (path, name) => {
  const module = await import(new URL(`../../scripts/${path}`, import.meta.url).href);
  expect(module[name]).toBeTypeOf('function');
});
