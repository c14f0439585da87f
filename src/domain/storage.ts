import { element, first, textOf } from './tree.js';
import { parseXml, serializeXml } from './xml.js';

export type DiskFormat = 'qcow2' | 'raw';

export interface VolumeOptions {
  name: string;
  /** Size in bytes that the guest sees. */
  capacity: number;
  format: DiskFormat;
  /** The image that a qcow2 overlay stands on. */
  backing?: { path: string; format: DiskFormat };
}

/** A volume that takes no space before it is written to. */
export function volumeXml(o: VolumeOptions): string {
  const target = element('target', {}, element('format', { type: o.format }));
  // Without it libvirt makes the old version 0.10, which has no discard of zero clusters.
  if (o.format === 'qcow2') target.children.push(element('compat', {}, '1.1'));
  const volume = element(
    'volume',
    { type: 'file' },
    element('name', {}, o.name),
    element('capacity', { unit: 'bytes' }, String(o.capacity)),
    element('allocation', { unit: 'bytes' }, '0'),
    target,
    o.backing &&
      element(
        'backingStore',
        {},
        element('path', {}, o.backing.path),
        element('format', { type: o.backing.format }),
      ),
  );
  return serializeXml(volume);
}

/** The format that a volume's document says: `raw`, `qcow2`, …; undefined when it says none. Throws VAPP_DOMAIN_XML. */
export const volumeFormat = (xml: string): string | undefined =>
  first(first(parseXml(xml), 'target'), 'format')?.attributes.type;

/** What a volume's document says of its file: size in bytes, time of the last change in seconds. Throws VAPP_DOMAIN_XML. */
export function volumeFile(xml: string): { physical?: string; modified?: string } {
  const volume = parseXml(xml);
  const physical = textOf(first(volume, 'physical'));
  const modified = textOf(first(first(first(volume, 'target'), 'timestamps'), 'mtime'));
  return { ...(physical && { physical }), ...(modified && { modified }) };
}

/** The path of what a volume is laid over, as its document says; undefined when it stands alone. Throws VAPP_DOMAIN_XML. */
export const volumeBacking = (xml: string): string | undefined =>
  textOf(first(first(parseXml(xml), 'backingStore'), 'path')) || undefined;

/** The type that a pool's document says: `dir`, `logical`, …. Throws VAPP_DOMAIN_XML. */
export const poolType = (xml: string): string | undefined => parseXml(xml).attributes.type;

/** A pool of files in a directory of the libvirt host. */
export function poolXml(o: { name: string; path: string }): string {
  return serializeXml(
    element(
      'pool',
      { type: 'dir' },
      element('name', {}, o.name),
      element('target', {}, element('path', {}, o.path)),
    ),
  );
}
