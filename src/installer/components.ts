import {
  type FetchContext,
  fetchToCache,
  openSuite,
  type Suite,
  type SuiteRequest,
} from '../archive/index.js';
import { VappError } from '../errors.js';
import type { Pin, Pins } from './pins.js';

/** A component with its file in the cache. */
export interface Component extends Pin {
  file: string;
}

/** Where the components were found: in the archive's signed index, or by the pins. */
export type ComponentSource = 'index' | 'pins';

export interface ComponentRequest extends FetchContext {
  mirror: string;
  names: readonly string[];
  pins: Pins;
  /** The signed index of components; undefined when it could not be opened. */
  index?: Suite;
}

const missing = (name: string, why: string, cause?: unknown): VappError =>
  new VappError('VAPP_INSTALLER_COMPONENT', `no component ${name} of the installer is to be had`, {
    why,
    hint: 'Take another mirror, or newer pins: scripts/update-pins',
    cause,
  });

const fetchAll = async (pins: readonly Pin[], request: ComponentRequest): Promise<Component[]> => {
  const components: Component[] = [];
  for (const pin of pins) {
    const url = `${request.mirror}/${pin.path}`;
    const file = await fetchToCache(
      { url, sha256: pin.sha256, size: pin.size, label: pin.name },
      request,
    ).catch((cause) => {
      throw missing(pin.name, `${url} cannot be fetched.`, cause);
    });
    components.push({ ...pin, file });
  }
  return components;
};

const fromIndex = (request: ComponentRequest): Pin[] | undefined => {
  const pins = request.names.map((name) => {
    const stanza = request.index?.packages.get(name);
    if (!stanza) return undefined;
    const { Package, Version: version, Size: size, SHA256: sha256, Filename: path } = stanza;
    return { name: Package, version, size, sha256, path };
  });
  return pins.every((pin) => pin !== undefined) ? pins : undefined;
};

const fromPins = ({ names, pins }: ComponentRequest): Pin[] =>
  names.map((name) => {
    const pin = pins.components.find((candidate) => candidate.name === name);
    if (pin) return pin;
    throw missing(name, `Neither the archive's index nor the pins of ${pins.release} have it.`);
  });

/**
 * Fetches components: all of one index, since they depend on one another's exact versions. The signed index counts
 * when it names every one and every file is there, else the pins. Throws VAPP_INSTALLER_COMPONENT with the name.
 */
export const fetchComponents = async (
  request: ComponentRequest,
): Promise<{ source: ComponentSource; components: Component[] }> => {
  const signed = fromIndex(request);
  if (signed) {
    try {
      return { source: 'index', components: await fetchAll(signed, request) };
    } catch (error) {
      if (!(error instanceof VappError) || request.signal?.aborted) throw error;
      request.emit({ type: 'notice', text: `${error.message}: taking the pinned components` });
    }
  }
  return { source: 'pins', components: await fetchAll(fromPins(request), request) };
};

/**
 * Opens the archive's signed index of components. Undefined, with a notice, when mirror and signature do not agree:
 * mirrors were seen to serve an index of another point release than the one that InRelease lists.
 */
export const openComponentIndex = async (request: SuiteRequest): Promise<Suite | undefined> => {
  try {
    return await openSuite({ ...request, components: ['main/debian-installer'] });
  } catch (error) {
    if (!(error instanceof VappError) || request.signal?.aborted) throw error;
    request.emit({
      type: 'notice',
      text: `the index of installer components does not hold: ${error.message}`,
    });
    return undefined;
  }
};
