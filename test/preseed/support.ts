import type { PreseedOptions } from '../../src/preseed/index.js';
import { releases } from '../../src/releases.js';
import type { Appliance } from '../../src/spec/appliance.js';

export const sshKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g ann@example';

export const appliance = (more: Partial<Appliance> = {}): Appliance => ({
  appliance: 'web',
  os: 'debian-13',
  arch: 'amd64',
  hypervisor: 'auto',
  memory: 1024 ** 3,
  cpus: 1,
  disk: { size: 4 * 1024 ** 3 },
  hostname: 'web',
  domain: 'example.org',
  locale: 'C.UTF-8',
  keyboard: 'us',
  timezone: 'Etc/UTC',
  mirror: 'http://mirror.example/debian',
  securityMirror: 'http://mirror.example/debian-security',
  root: { sshKeys: [] },
  users: [],
  packages: [],
  files: [],
  run: [],
  preseed: [],
  ...more,
});

export const options: PreseedOptions = { proxy: 'http://10.0.2.2:3142', release: releases['debian-13']! };
