export function unwrap(text: string): Buffer;
export function unpack(packed: Buffer): Promise<{ answers: Map<string, string>; texts: Map<string, string> }>;
