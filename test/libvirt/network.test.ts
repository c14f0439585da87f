import { expect, test } from 'vitest';
import { openInline } from './inline.js';

test('finds, stops, starts and describes networks', async () => {
  await using connection = await openInline();
  const [network] = await connection.listNetworks();
  expect(network?.name).toBe('default');
  expect(await network?.bridge()).toBe('virbr0');
  expect(await network?.xml()).toContain('<name>default</name>');
  await network?.destroy();
  expect(await network?.isActive()).toBe(false);
  await network?.start();
  expect(await network?.isActive()).toBe(true);
  expect(await connection.lookupNetwork('nope')).toBeUndefined();
});
