export type Paint = (text: string) => string;

/** Text styles, or nothing at all without colour. */
export interface Style {
  bold: Paint;
  dim: Paint;
  red: Paint;
  green: Paint;
  yellow: Paint;
  cyan: Paint;
}

const sgr =
  (on: number, off: number): Paint =>
  (text) =>
    text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`;
const plain: Paint = (text) => text;

/** SGR codes of ECMA-48; each style ends with its own reset so that styles nest. */
export const makeStyle = (color: boolean): Style =>
  color
    ? {
        bold: sgr(1, 22),
        dim: sgr(2, 22),
        red: sgr(31, 39),
        green: sgr(32, 39),
        yellow: sgr(33, 39),
        cyan: sgr(36, 39),
      }
    : { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

type Env = Readonly<Record<string, string | undefined>>;

/** Colour on a terminal, unless NO_COLOR (no-color.org: present and not empty) or TERM=dumb; FORCE_COLOR wins. */
export const wantsColor = (isTTY: boolean, env: Env): boolean => {
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
};
