export { debEntries, extractDeb, readDeb } from './deb.js';
export { type Paragraph, parseDeb822 } from './deb822.js';
export { fetchToCache } from './fetch.js';
export { fetchPackage, openSuite } from './suite.js';
export type * from './types.js';
