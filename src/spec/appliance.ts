import type { Location } from '../errors.js';

export type HypervisorChoice = 'auto' | 'kvm' | 'qemu' | 'xen-pvh' | 'xen-pv' | 'xen-hvm';

/** A person of the appliance. `passwordHash` is crypt(5) text, already hashed; absent means no password login. */
export interface User {
  name: string;
  passwordHash?: string;
  /** Whole authorized_keys lines. */
  sshKeys: string[];
  sudo: boolean;
}

/** A file of this machine for the appliance, which it belongs to root in. */
export interface OwnFile {
  /** Absolute, in the appliance. */
  path: string;
  /** Absolute, on this machine. */
  source: string;
  /** Permission bits in octal: `0644`. */
  mode: string;
}

/** A spec with every value filled in: plain data, no secrets but password hashes. */
export interface Appliance {
  appliance: string;
  os: string;
  arch: 'amd64';
  hypervisor: HypervisorChoice;
  /** Bytes. */
  memory: number;
  cpus: number;
  /** Size in bytes. */
  disk: { size: number };
  hostname: string;
  /** DNS domain. */
  domain: string;
  locale: string;
  keyboard: string;
  timezone: string;
  /** URI of the package archive, without a slash at its end. */
  mirror: string;
  /** URI of the security archive. */
  securityMirror: string;
  /** URI of an HTTP proxy that the builder uses for downloads. */
  proxy?: string;
  root: { passwordHash?: string; sshKeys: string[] };
  users: User[];
  packages: string[];
  files: OwnFile[];
  /** Shell commands, run inside the installed system at the end of the installation, with the network up. */
  run: string[];
  /** Raw preseed lines. */
  preseed: string[];
}

/** Where a value comes from; `from` says it for people: "this host's /etc/apt/sources.list". */
export type Origin = { kind: 'spec'; at: Location } | { kind: 'default' } | { kind: 'guess'; from: string };

export interface ResolvedSpec {
  file: string;
  appliance: Appliance;
  /** By key path: `disk.size`, `root.ssh_keys`. */
  origins: ReadonlyMap<string, Origin>;
  /** Where a key path stands in the spec: `packages[2]`, `preseed[0]`, `mirror`. Undefined for what the spec does not say. */
  locate(path: string): Location | undefined;
  /** SHA-256 (hex) of the spec's bytes. */
  sha256: string;
}
