import { copyFile, open } from 'node:fs/promises';
import { align4, writeCpio } from './cpio.js';
import { appendFile, type InitrdFile } from './initrd-file.js';
import { quote } from './shell.js';
import { directory, type FileTree, file, put, sortedEntries } from './tree.js';

/** What one build adds to the kit. */
export interface BuildPart {
  /** The whole preseed file. */
  preseed: string;
  /** Binary keyring of the install archive: the only key that the installer then knows. */
  key?: Uint8Array;
  /** From applianceScript. */
  applianceScript?: string;
  options?: BuildPartOptions;
}

export interface BuildPartOptions {
  /** `virtual` (default): drivers of virtual hardware alone; `most`: the distribution's own choice. */
  initramfs?: 'virtual' | 'most';
  /** Text that must not stay in the target's /etc: the proxy as the guest sees it, `10.0.2.2:3142`. */
  proxy?: string;
  /** DNS domain of the finished system where DHCP configures its network. */
  domain?: string;
  /** sources.list of the finished system, in place of what apt-setup writes. */
  sourcesList?: string;
  /** Lines of sources.list for what apt-setup adds only later: updates and security. Gone from the finished system. */
  installList?: string;
}

/**
 * The archive of one build: preseed, keyring, script and options. Preseed and script hold password hashes, so they are
 * readable by root alone.
 */
export const buildPart = ({ preseed, key, applianceScript, options = {} }: BuildPart): Buffer => {
  const tree: FileTree = new Map();
  put(
    tree,
    directory('vapp'),
    file('preseed.cfg', preseed, 0o600),
    file('vapp/options', assignments(options)),
  );
  if (applianceScript !== undefined) put(tree, file('vapp/appliance.sh', applianceScript, 0o600));
  if (options.sourcesList !== undefined) put(tree, file('vapp/target/sources.list', options.sourcesList));
  if (options.installList !== undefined) put(tree, file('vapp/target/install.list', options.installList));
  if (key) {
    // The keyring component makes these as links to Debian's keys, and only where there is nothing.
    for (const path of [
      'vapp/build-key.gpg',
      'usr/share/keyrings/archive.gpg',
      'usr/share/keyrings/archive.pgp',
    ]) {
      put(tree, file(path, key));
    }
  }
  return writeCpio(sortedEntries(tree));
};

const assignments = ({ initramfs = 'virtual', proxy, domain }: BuildPartOptions): string => {
  const values = { VAPP_INITRAMFS: initramfs, VAPP_PROXY: proxy, VAPP_DOMAIN: domain };
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.map(([name, value]) => `${name}=${quote(value)}\n`).join('');
};

/** An archive in memory, or a file that becomes one. */
export type InitrdPart = Uint8Array | InitrdFile;

/**
 * Writes an initrd to `out`: the kit's, then the parts, each beginning at a multiple of four bytes, as the kernel wants
 * it (buffer-format.rst). Files are streamed, stored as they are. `out` is for its owner alone: parts hold hashes.
 * Throws VAPP_SPEC_SOURCE_READ for a file that is gone or cut short.
 */
export const assembleInitrd = async (
  kitInitrd: string,
  parts: readonly InitrdPart[],
  out: string,
): Promise<void> => {
  await copyFile(kitInitrd, out);
  const handle = await open(out, 'r+');
  try {
    await handle.chmod(0o600);
    let position = (await handle.stat()).size;
    const append = async (data: Uint8Array): Promise<void> => {
      for (let done = 0; done < data.length; ) {
        const { bytesWritten } = await handle.write(data, done, data.length - done, position);
        done += bytesWritten;
        position += bytesWritten;
      }
    };
    const pad = (): Promise<void> => append(Buffer.alloc(align4(position) - position));
    await pad();
    for (const part of parts) {
      if (part instanceof Uint8Array) await append(part);
      else await appendFile(part, append);
      await pad();
    }
  } finally {
    await handle.close();
  }
};
