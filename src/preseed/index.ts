import { VappError, VappErrors } from '../errors.js';
import type { Appliance } from '../spec/appliance.js';
import { ownAnswers, type PreseedOptions } from './answers.js';
import { lineProblem, type PreseedLine, parsePreseedLine } from './line.js';
import { includeQuestion } from './raw.js';
import { lastWins } from './render.js';

export type { PreseedOptions } from './answers.js';
export { type PreseedLine, parsePreseedLine } from './line.js';
export { includedPackages, type WantedPackage, wantedPackages } from './packages.js';
export { renderPreseed } from './render.js';

/** user-setup hands the hash to usermod in an unquoted word (user-setup-apply). */
const hashPattern = /^[A-Za-z0-9./$=,_*!-]+$/;

/**
 * The complete set of answers for an appliance: each question once, none left open. Pure.
 * The spec's raw lines replace vapp's own answers, but pkgsel/include, to whose packages they add. Throws VappErrors (VAPP_PRESEED_LINE, VAPP_PRESEED_MIRROR,
 * VAPP_PRESEED_HASH) with everything that cannot be written as a line.
 */
export function compilePreseed(appliance: Appliance, options: PreseedOptions): PreseedLine[] {
  const raw: PreseedLine[] = [];
  const errors: VappError[] = [];
  for (const [i, text] of appliance.preseed.entries()) {
    const line = parsePreseedLine(text, `preseed[${i}]`);
    if (line instanceof VappError) errors.push(line);
    else raw.push(line);
  }
  const own = ownAnswers(appliance, options);
  errors.push(...own.map(lineProblem).filter((problem) => problem !== undefined));
  const hash = appliance.root.passwordHash;
  if (hash !== undefined && !hashPattern.test(hash)) errors.push(badHash());
  if (errors.length > 0) throw new VappErrors(errors);
  return lastWins([
    ...own,
    ...raw.filter(({ question, type }) => question !== includeQuestion || type === 'seen'),
  ]);
}

function badHash(): VappError {
  return new VappError('VAPP_PRESEED_HASH', 'The password hash of root is not crypt(5) text', {
    why: 'a hash consists of letters, digits and ./$=,_-',
    hint: 'Make one with: mkpasswd -m sha-512',
  });
}
