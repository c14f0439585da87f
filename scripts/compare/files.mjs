// Files and whose they are, from the listings of a guest.

/** The lines of a text that are not empty. */
export const lines = (text) => text.split('\n').filter((line) => line !== '');

const types = {
  4: 'directory',
  8: 'file',
  10: 'link',
  2: 'character device',
  6: 'block device',
  1: 'fifo',
  12: 'socket',
};

/** busybox's stat writes `name`, and of a link `'name' -> 'target'`. */
const splitName = (text, type) => {
  const [, link, target] = (type === 'link' && /^'(.*?)' -> '(.*)'$/.exec(text)) || [];
  return { path: (link ?? text).replace(/^\.(?=\/|$)/, '') || '/', target };
};

const fileOf = (line) => {
  const [mode, uid, gid, , device, ...rest] = line.split(' ');
  const bits = Number.parseInt(mode, 16);
  const type = types[bits >> 12] ?? 'unknown';
  const { path, target } = splitName(rest.join(' '), type);
  return [
    path,
    {
      type,
      // A link has no permissions of its own.
      mode: type === 'link' ? '' : (bits & 0o7777).toString(8).padStart(4, '0'),
      owner: `${uid}:${gid}`,
      ...(target !== undefined && { target }),
      ...(type.endsWith('device') && { device }),
    },
  ];
};

/** Path -> record, from the lines of stat and of sha256sum. */
export const filesOf = (listing, sums) => {
  const files = new Map(lines(listing).map(fileOf));
  for (const line of lines(sums)) {
    const file = files.get(line.slice(66).replace(/^\./, ''));
    if (file) file.content = line.slice(0, 64);
  }
  return files;
};

/** `/usr` was merged long ago, but packages may still list the old paths. */
const merged = (path) => path.replace(/^\/(?=(?:bin|sbin|lib|lib32|lib64|libx32)(?:\/|$))/, '/usr/');

/** Path -> names of the packages that have it. Each `NAME.list:PATH`; a foreign architecture is part of the name. */
export const ownersOf = (text) => {
  const found = new Map();
  for (const line of lines(text)) {
    const [, name, raw] = /^\.\/(.+?)\.list:(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const path = merged(raw === '/.' ? '/' : raw);
    const package_ = name.replace(/:.*/, '');
    found.set(path, [...(found.get(path) ?? []), package_]);
  }
  return found;
};
