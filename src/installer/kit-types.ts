import type { FetchContext, Suite } from '../archive/index.js';
import type { Release } from '../releases.js';
import type { ComponentSource } from './components.js';
import type { CpioEntry } from './cpio.js';
import type { KitVariant } from './hooks.js';
import type { Pins } from './pins.js';
import type { Template } from './templates.js';

/** Kernel and initrd of the installer, ready to start once a build's part is added. */
export interface Kit {
  /** Paths in the cache. */
  kernel: string;
  initrd: string;
  /** `6.12.117+deb13-amd64` */
  kernelVersion: string;
  /** SHA-256 (hex) over everything that went into it. */
  digest: string;
  /** Every question that the installer knows. */
  templates: Template[];
  source: ComponentSource;
}

export interface KitRequest extends FetchContext {
  suite: Suite;
  release: Release;
  variant?: KitVariant;
  /** Names of components; default `componentNames`. */
  components?: readonly string[];
  /** Default: those that ship with vapp. */
  pins?: Pins;
}

/** What decides on a kit's bytes besides the archive; known without fetching anything. */
export interface KitInputs {
  variant: KitVariant;
  names: readonly string[];
  pins: Pins;
  hooks: CpioEntry[];
}

/** kit.json */
export interface KitRecord {
  digest: string;
  kernelVersion: string;
  /** SHA-256 of the kernel package. */
  kernelPackage: string;
  source: ComponentSource;
  components: { name: string; version: string; sha256: string }[];
  /** Of the files beside it. */
  files: Record<string, { size: number; sha256: string }>;
}
