export function availableMemory(meminfo?: string): number;
export function needMemory(mode: 'kvm' | 'xen', memory: number, available?: number): void;
export function freePort(wanted?: number): Promise<number>;
