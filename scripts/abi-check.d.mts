interface Layout {
  size: number;
  members: Record<string, { name: string; offset: number; type: { size: number } }>;
}

/** Compares declarations (ours when absent) with the libvirt headers; gives gcc's complaints, one line each. */
export function checkAbi(o?: {
  prototypes?: readonly string[];
  callbacks?: Record<string, string>;
  constants?: Record<string, number>;
  layouts?: Record<string, Layout>;
}): string[];
