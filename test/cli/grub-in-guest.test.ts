import { expect, test } from 'vitest';
import { guestSpec } from '../../src/cli/grub-in-guest.js';

const host = {
  env: {},
  user: 'somebody',
  sshPublicKeys: [],
  mirror: { uri: 'http://mirror.example/debian', from: '/etc/apt/sources.list' },
  readText: () => undefined,
  fileSize: () => undefined,
};

test('the guest needs nobody who could log in: a user without an SSH key may use it', () => {
  const { appliance } = guestSpec(host);
  expect(appliance).toMatchObject({ os: 'debian-13', mirror: 'http://mirror.example/debian' });
});
