interface RunRecord {
  id: string;
  mode: 'kvm' | 'xen';
  memory: number;
  processors: number;
  port: number;
  image: string;
  begun: string;
  ready?: string;
  starter: { pid: number; started: string; boot: string };
}
export function newRecord(o: Omit<RunRecord, 'starter' | 'begun'>): RunRecord;
export function runFiles(state: string): Record<string, string> & { directory: string; console: string };
export function writeRecord(directory: string, record: RunRecord): void;
