export function addresses(o: {
  port: number;
  key: string;
  knownHosts: string;
  wrapper: string;
}): Record<'qemu' | 'xen' | 'qemuLibssh' | 'xenLibssh', string>;
export function knownHosts(port: number, hostKey: string): string;
export function sshConfig(o: { port: number; key: string; knownHosts: string }): string;
export function sshWrapper(config: string): string;
