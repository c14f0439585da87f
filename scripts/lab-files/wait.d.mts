export function lastLines(text: string, count?: number): string[];
export function greets(port: number, milliseconds?: number): Promise<boolean>;
