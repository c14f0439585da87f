import type { Readable } from 'node:stream';
import type { Connection, LifecycleEvent } from '../../src/libvirt/index.js';

/** Collects what a stream gives; `until` resolves as soon as the text is in it. */
export function collect(stream: Readable) {
  let text = '';
  let check = (): void => undefined;
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    check();
  });
  const until = (wanted: string) =>
    new Promise<string>((resolve, reject) => {
      check = () => {
        if (text.includes(wanted)) resolve(text);
      };
      stream.once('close', () => reject(new Error(`closed before '${wanted}': ${text}`)));
      check();
    });
  return { until, text: () => text };
}

/** Resolves with the first lifecycle event that fits. */
export const nextEvent = (connection: Connection, fits: (event: LifecycleEvent) => boolean) =>
  new Promise<LifecycleEvent>((resolve) => {
    const listener = (event: LifecycleEvent) => {
      if (!fits(event)) return;
      connection.off('lifecycle', listener);
      resolve(event);
    };
    connection.on('lifecycle', listener);
  });
