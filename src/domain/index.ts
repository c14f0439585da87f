export {
  type BuildMedia,
  finisherDomainXml,
  type GrubMedia,
  grubDomainXml,
  installerDomainXml,
} from './build-forms.js';
export { type CloneOptions, cloneDomainXml, withUuid } from './clone.js';
export { type DiskSource, diskPaths, firstDisk } from './disks.js';
export { type EngineShape, engineShapes } from './engines.js';
export {
  type TemplateOptions,
  templateDomainXml,
  type VerifyOptions,
  verifyDomainXml,
} from './final-forms.js';
export {
  metadataKey,
  metadataNamespace,
  readMetadata,
  type TemplateMetadata,
  type VappMetadata,
  writeMetadata,
} from './metadata.js';
export { type ProbeMedia, probeDomainXml } from './probe.js';
export {
  type DiskFormat,
  poolType,
  poolXml,
  type VolumeOptions,
  volumeBacking,
  volumeFile,
  volumeFormat,
  volumeXml,
} from './storage.js';
export { loadTemplate } from './template.js';
