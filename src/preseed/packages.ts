import type { Release } from '../releases.js';
import type { Appliance } from '../spec/appliance.js';
import { includeQuestion, kernelQuestion, rawAnswer } from './raw.js';

export interface WantedPackage {
  name: string;
  /** Key path in the spec that asks for it, or `vapp`. */
  from: string;
}

const hasSshKeys = (a: Appliance): boolean => [a.root, ...a.users].some((who) => who.sshKeys.length > 0);

/** The keyboard that the kernel has anyway, so that nothing needs to be installed for it. */
export const plainKeyboard = 'us';

/**
 * Packages that the installer's last step installs by name (pkgsel/include), each once, in the order of the spec.
 * d-i sets up no keyboard on a serial console (base-installer.d/20console-setup finds no /etc/default/keyboard), so
 * the packages that do come in here when the spec wants another layout than the kernel's own.
 */
export function includedPackages(a: Appliance, extraPackages: readonly string[] = []): WantedPackage[] {
  const wanted = [...a.packages.map((name, i) => ({ name, from: `packages[${i}]` })), ...rawPackages(a)];
  if (hasSshKeys(a))
    wanted.push({ name: 'openssh-server', from: a.root.sshKeys.length ? 'root.ssh_keys' : 'users' });
  if (a.users.some((user) => user.sudo)) wanted.push({ name: 'sudo', from: 'users' });
  if (a.keyboard !== plainKeyboard)
    for (const name of ['keyboard-configuration', 'console-setup']) wanted.push({ name, from: 'keyboard' });
  for (const name of ['grub-pc', ...extraPackages]) wanted.push({ name, from: 'vapp' });
  const seen = new Set<string>();
  return wanted.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** A raw answer to pkgsel/include adds to the other packages: without grub-pc or the SSH server the appliance would be none. */
function rawPackages(a: Appliance): WantedPackage[] {
  const raw = rawAnswer(a, includeQuestion);
  const names = raw?.value.split(/[\s,]+/).filter(Boolean) ?? [];
  return names.map((name) => ({ name, from: raw?.from ?? '' }));
}

/** Locales for which d-i installs nothing: libc has them built in. */
const builtInLocales = new Set(['C', 'C.UTF-8', 'POSIX']);

/**
 * Every package that the installation asks the archive for by name: what an install archive is cut for.
 * `locales` is asked for by d-i itself (post-base-installer.d/05localechooser) when the locale needs to be generated.
 */
export function wantedPackages(
  a: Appliance,
  release: Release,
  extraPackages: readonly string[] = [],
): WantedPackage[] {
  const wanted = [{ name: release.kernelPackage, from: 'vapp' }, ...includedPackages(a, extraPackages)];
  const kernel = rawAnswer(a, kernelQuestion);
  if (kernel) wanted.push({ name: kernel.value, from: kernel.from });
  if (!builtInLocales.has(a.locale)) wanted.push({ name: 'locales', from: 'locale' });
  return wanted;
}
