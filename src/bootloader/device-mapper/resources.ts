/**
 * What the mapper makes on the host besides folders. Each carries the run's tag where the kernel keeps it, so that it is
 * known again by any later process: a map in its UUID, a loop in its reference, qemu-nbd(8) in its arguments.
 */
export type HostResource =
  | { kind: 'loop'; tag: string; file: string }
  | { kind: 'nbd'; tag: string; device: string }
  | { kind: 'map'; tag: string; name: string }
  /** The partitions of a map, as kpartx(8) makes them. */
  | { kind: 'partitions'; tag: string; map: string };

/** UUID of the map of the whole disk. kpartx(8) calls its partitions `part<N>-<that>`. */
export const mapUuid = (tag: string): string => `VAPP-${tag}`;

export const nbdPidFile = (directory: string): string => `${directory}/qemu-nbd.pid`;

/** `map hda`: for messages. */
export function describeHostResource(resource: HostResource): string {
  switch (resource.kind) {
    case 'loop':
      return `loop device of ${resource.file}`;
    case 'nbd':
      return `network block device ${resource.device}`;
    case 'map':
      return `map ${resource.name}`;
    case 'partitions':
      return `partitions of the map ${resource.map}`;
  }
}
