export { type BaseTarball, makeBaseTarball } from './base-tarball.js';
export { cachePath, hashFile } from './cache.js';
export { splitClearsigned } from './clearsign.js';
export { debEntries, readDeb } from './deb.js';
export { type Paragraph, parseDeb822 } from './deb822.js';
export { extractDeb } from './extract.js';
export { fetchToCache } from './fetch.js';
export {
  type ArchiveRoot,
  type InstallArchive,
  makeInstallArchive,
} from './install-archive.js';
export { type Listing, newest } from './newest.js';
export { indexPackages } from './package-index.js';
export { parseRelations, type Relation } from './relations.js';
export { seal, useIfSealed } from './sealed.js';
export type { MissingSeed } from './seeds.js';
export { fetchPackage, openSuite, packageUrl } from './suite.js';
export type * from './types.js';
export { markUsed, useIfPresent } from './use.js';
export { compareVersions } from './version.js';
