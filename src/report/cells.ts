const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const joined = /\p{Mark}|\u200d/u;

/** Screen cells of one character (Unicode UAX 11, roughly). */
const cellsOf = (character: string): number => {
  if (joined.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
};

/** Screen cells of a text without control characters. */
export const width = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + cellsOf(character), 0);

/** Cuts a text to so many cells; an ellipsis shows that something is missing. */
export const clip = (text: string, columns: number): string => {
  if (columns < 1) return '';
  if (width(text) <= columns) return text;
  let kept = '';
  let room = columns - 1;
  for (const character of text) {
    room -= cellsOf(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
};
