import { readFile } from 'node:fs/promises';
import { parseDeb822, readDeb } from '../archive/index.js';
import type { Component } from './components.js';
import { componentFile, indexStanza, type MadeComponent } from './made.js';
import { parseTemplates, type Template, trimTemplates } from './templates.js';
import { type FileTree, file, merge, packageTree, put } from './tree.js';

/** A component opened: control fields, control files (`postinst`, `templates`, …) and data. */
export interface OpenComponent extends MadeComponent {
  scripts: ReadonlyMap<string, Buffer>;
  /** The file itself; empty when there is none. */
  bytes: Buffer;
  size: number;
  sha256: string;
}

/** Opens a fetched component. */
export const openComponent = async ({ file: path, size, sha256 }: Component): Promise<OpenComponent> => {
  const { control } = await readDeb(path);
  const fields = parseDeb822(control.get('control')!.toString())[0]!;
  const scripts = new Map([...control].filter(([name]) => name !== 'control' && name !== 'md5sums'));
  return {
    control: fields,
    scripts,
    files: await packageTree(path),
    bytes: await readFile(path),
    size,
    sha256,
  };
};

/** A made component in the form of an opened one. */
export const asOpen = (made: MadeComponent): OpenComponent => ({
  ...made,
  scripts: new Map(),
  bytes: Buffer.alloc(0),
  size: 0,
  sha256: '0'.repeat(64),
});

const info = 'var/lib/dpkg/info';
const status = 'var/lib/dpkg/status';
const templatesPath = /^var\/lib\/dpkg\/info\/(.+)\.templates$/;

// What debian-installer's own image build keeps of a control file in the initrd's status.
const statusFields = ['Version', 'Provides', 'Depends', 'Description', 'Installer-Menu-Item'];

const statusStanza = (fields: ReadonlyMap<string, string>): string => {
  const lines = statusFields.flatMap((name) => {
    const value = fields.get(name)?.split('\n')[0];
    return value === undefined ? [] : [`${name}: ${value}\n`];
  });
  return `Package: ${fields.get('Package')}\nStatus: install ok unpacked\n${lines.join('')}`;
};

/**
 * Lays components down over an initrd as debian-installer's own image build does: data in place, control files in
 * dpkg's info directory, status `install ok unpacked`; the start-up script S20templates loads their templates. anna
 * then finds them there and unpacks nothing.
 */
export const layDown = (base: FileTree, components: readonly OpenComponent[]): FileTree => {
  const tree: FileTree = new Map();
  for (const { control, scripts, files } of components) {
    merge(tree, base, files.values());
    for (const [name, data] of scripts) {
      const permissions = name === 'templates' ? 0o644 : 0o755;
      put(tree, file(`${info}/${control.get('Package')}.${name}`, data, permissions));
    }
  }
  const before = Buffer.from(base.get(status)?.data ?? [])
    .toString()
    .replace(/\n*$/, '\n');
  put(tree, file(status, [before, ...components.map(({ control }) => statusStanza(control))].join('\n')));
  return tree;
};

/** The index of the components for anna. */
export const componentIndex = (components: readonly OpenComponent[]): string =>
  components.map((one) => `${indexStanza(one.control, one, componentFile(one.control))}\n`).join('');

/** Puts cut copies of all templates of `base` and `tree` into `tree`. */
export const cutTemplates = (base: FileTree, tree: FileTree): void => {
  for (const [path, entry] of [...base, ...tree]) {
    if (templatesPath.test(path)) {
      put(tree, { ...entry, data: Buffer.from(trimTemplates(Buffer.from(entry.data!).toString())) });
    }
  }
};

/** Every question that the installer knows: those of the initrd and of the components, sorted by name. */
export const allTemplates = (base: FileTree, components: readonly OpenComponent[]): Template[] => {
  const texts: [component: string, text: string][] = [];
  for (const [path, entry] of base) {
    const component = templatesPath.exec(path)?.[1];
    if (component) texts.push([component, Buffer.from(entry.data!).toString()]);
  }
  for (const { control, scripts } of components) {
    const templates = scripts.get('templates');
    if (templates) texts.push([control.get('Package')!, templates.toString()]);
  }
  return texts
    .flatMap(([component, text]) => parseTemplates(text, component))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};
