import type { InstallArchive } from '../../archive/index.js';
import { seedName } from '../../archive/seeds.js';
import { VappError, VappErrors } from '../../errors.js';
import { checkPreseed, type Kit } from '../../installer/index.js';
import { type PreseedLine, wantedPackages } from '../../preseed/index.js';
import type { Release } from '../../releases.js';
import type { ResolvedSpec } from '../../spec/appliance.js';

/** Names that the installation asks the archive for. */
export const seedsOf = (resolved: ResolvedSpec, release: Release): string[] =>
  wantedPackages(resolved.appliance, release).map(({ name }) => name);

/** Throws VappErrors (VAPP_SPEC_PACKAGE, at the spec's lines) when a package that spec or preseed name is not in the archive. */
export function checkPackages(
  resolved: ResolvedSpec,
  release: Release,
  archive: Pick<InstallArchive, 'missing'>,
): void {
  const wanted = wantedPackages(resolved.appliance, release);
  const origins = new Map(wanted.map(({ name, from }) => [seedName(name), from]));
  const errors = archive.missing.map(({ name, near, reason }) => {
    const at = resolved.locate(origins.get(name) ?? 'packages');
    return new VappError('VAPP_SPEC_PACKAGE', `there is no package ${name} in ${release.title}`, {
      why:
        reason === 'virtual'
          ? 'it is a virtual package: name one that provides it'
          : 'the archive does not list it',
      ...(near.length > 0 && { hint: `did you mean ${near.join(', ')}?` }),
      ...(at && { at }),
    });
  });
  if (errors.length > 0) throw new VappErrors(errors);
}

/** Throws VappErrors when the preseed answers a question that the kit's installer does not have, or with a wrong type. */
export function checkAnswers(resolved: ResolvedSpec, preseed: readonly PreseedLine[], kit: Kit): void {
  const errors = checkPreseed(preseed, kit.templates, (path) => resolved.locate(path));
  if (errors.length > 0) throw new VappErrors(errors);
}
