export const modes: Record<
  'kvm' | 'xen',
  { title: string; memory: number; least: number; uri: string; cpu: string; ready: string; last: RegExp }
>;
export function qemuArguments(o: {
  mode: 'kvm' | 'xen';
  id: string;
  memory: number;
  processors: number;
  port: number;
  publicKey: string;
  overlay: string;
  console: string;
}): string[];
