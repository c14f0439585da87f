/** The rows that a terminal of so many columns shows after this text: enough of ECMA-48 for a display that is drawn in place. */
export const screenOf = (text: string, columns: number): string[] => {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  for (const [, sequence, character] of text.matchAll(/\x1b\[([?\d;]*[A-Za-z])|([\s\S])/gu)) {
    if (sequence === undefined) put(character!);
    else control(Number.parseInt(sequence, 10) || 0, sequence.at(-1)!);
  }
  return rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd(),
  );

  function put(character: string): void {
    if (character === '\r') column = 0;
    else if (character === '\n') down();
    else {
      if (column === columns) down();
      rows[row]![column++] = character;
    }
  }

  // The terminal's line discipline makes a new line of each LF.
  function down(): void {
    row++;
    column = 0;
    rows[row] ??= [];
  }

  function control(count: number, final: string): void {
    if (final === 'A') row = Math.max(0, row - (count || 1));
    if (final === 'G') column = Math.max(0, (count || 1) - 1);
    if (final === 'K') rows[row] = count === 2 ? [] : rows[row]!.slice(0, column);
  }
};
