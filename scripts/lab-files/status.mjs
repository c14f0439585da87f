// What `scripts/lab status` says. Pure.
import { addresses } from './addresses.mjs';
import { modes } from './modes.mjs';

/**
 * All facts, for --json: { state, mode?, pid?, port?, …, uris?, images }.
 * @param o { run: of readRun, files: of runFiles, images: of listImages, image: directory of the
 * present recipe's image, imageMaker?: process id }
 */
export const statusFacts = ({ run, files, images, image, imageMaker }) => {
  const { record, emulator } = run;
  const all = images.map((listed) => ({ ...listed, current: listed.directory === image }));
  const ofImages = { image, imageMaker, images: all };
  if (!record) return { state: run.state, ...ofImages };
  const { mode, port, memory, processors, begun, ready } = record;
  const { directory, key, knownHosts, config, wrapper, console } = files;
  return {
    state: run.state,
    mode,
    pid: emulator?.pid,
    port,
    memory,
    processors,
    begun,
    ready,
    directory,
    files: { key, knownHosts, config, wrapper, console },
    uris: addresses({ port, key, knownHosts, wrapper }),
    ...ofImages,
  };
};

const headline = {
  stopped: () => 'No lab runs.',
  starting: ({ mode, pid }) =>
    `The lab is starting as a ${modes[mode].title}; QEMU is process ${pid ?? '(not yet)'}.`,
  running: ({ mode, pid, port }) =>
    `The lab runs as a ${modes[mode].title}: QEMU is process ${pid}, ssh on 127.0.0.1:${port}.`,
  unwatched: ({ pid }) =>
    `QEMU (process ${pid}) runs, but whoever started the lab ended before it was ready: scripts/lab stop ends it.`,
};

const imageLine = ({ directory, made, bytes, current }) =>
  `image: ${directory}, ${(bytes / 1e6).toFixed(0)} MB, made ${made.toISOString().slice(0, 10)}${
    current ? '' : '; of another recipe: scripts/lab create makes a new one'
  }`;

const reach = ({ mode, uris, files }) => {
  const driver = mode === 'xen' ? 'xen' : 'qemu';
  return [
    '',
    'scripts/lab ssh',
    `virsh -c '${uris[driver]}' list`,
    `virsh -c '${uris[`${driver}Libssh`]}' list`,
    `ssh -F '${files.config}' lab`,
    `console: ${files.console}`,
  ];
};

/** Lines for people. */
export const statusLines = (facts) => [
  headline[facts.state](facts),
  ...(facts.images.length > 0 ? facts.images.map(imageLine) : ['image: none; scripts/lab create makes it']),
  ...(facts.imageMaker ? [`image: process ${facts.imageMaker} is making one`] : []),
  ...(facts.state === 'running' ? reach(facts) : []),
];
