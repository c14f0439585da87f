export function guestXml(o: {
  name: string;
  engine: 'kvm' | 'qemu';
  emulator?: string;
  machine: string;
  /** Bytes. */
  memory: number;
  vcpus: number;
  kernel: string;
  initrd: string;
  cmdline: string;
  disk: { path: string; serial: string; format?: 'qcow2' | 'raw'; readOnly?: boolean };
  online?: boolean;
}): string;
