import type { FetchContext, Stanza, Suite, SuiteRequest } from './types.js';

export const openSuite = async (_request: SuiteRequest): Promise<Suite> => {
  throw new Error('not yet');
};

export const fetchPackage = async (
  _suite: Suite,
  _stanza: Stanza,
  _context: FetchContext,
): Promise<string> => {
  throw new Error('not yet');
};
