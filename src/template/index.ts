export { type CloneOptions, cloneTemplate } from './clone.js';
export { deleteTagged } from './delete.js';
export { domainMetadata, listTagged, type TaggedDomain } from './list.js';
export { clonesOf, publishTemplate, refuseTakenName } from './publish.js';
