export { type CloneOptions, cloneTemplate } from './clone.js';
export { deleteTagged } from './delete.js';
export { domainMetadata, domainNaming, listTagged, type TaggedDomain, templateOfBuild } from './list.js';
export {
  clonesOf,
  defineTemplate,
  dropFormerDisk,
  type Former,
  formerTemplate,
  refuseTakenName,
} from './publish.js';
