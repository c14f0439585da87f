import { createHash } from 'node:crypto';

/**
 * The text of `COMPONENT/binary-ARCH/Release`, which the installer reads to learn whether a mirror has an architecture. Mirrors
 * serve that of the former point release for days after a new one; as it only repeats a few fields of the signed Release, it
 * can be written anew. Undefined when the outcome is not what the signature vouches for. `release`: a ReleaseFile.
 */
export const componentRelease = (release, component, arch) => {
  const field = (name) => release.fields.get(name);
  const text = [
    `Archive: ${field('Suite')}`,
    `Origin: ${field('Origin')}`,
    `Label: ${field('Label')}`,
    `Version: ${field('Version')}`,
    `Acquire-By-Hash: ${field('Acquire-By-Hash')}`,
    `Component: ${component}`,
    `Architecture: ${arch}`,
    '',
  ].join('\n');
  const signed = release.files.get(`${component}/binary-${arch}/Release`);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return signed?.sha256 === sha256 ? text : undefined;
};
