import { readFileSync } from 'node:fs';
import { compilePreseed, renderPreseed } from '../../dist/preseed/index.js';
import { splitMirror } from '../../dist/preseed/mirror.js';

const file = new URL('../bench-baseline.cfg', import.meta.url);

/** Fills the holes `@NAME@` of a text. Throws for a hole without a value. */
export const fill = (text, values) =>
  text.replace(/@([A-Z_]+)@/g, (hole, name) => {
    if (values[name] === undefined) throw new RangeError(`no value for ${hole}`);
    return values[name];
  });

/** The hand-written preseed, with this mirror and proxy. */
export const plainAnswers = ({ mirror, proxy }) => {
  const { host, directory } = splitMirror(mirror);
  return fill(readFileSync(file, 'utf8'), { MIRROR_HOST: host, MIRROR_DIRECTORY: directory, PROXY: proxy });
};

/** vapp's own answers for the spec, so that two systems differ by the way in which they were made alone. */
export const ownAnswers = ({ appliance, release, proxy }) =>
  renderPreseed(compilePreseed(appliance, { proxy, release, disk: '/dev/vda' }));
