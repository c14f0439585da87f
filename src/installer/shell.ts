/** One word of a POSIX shell, whatever the text holds (XCU 2.2.2: nothing is special between single quotes). */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
