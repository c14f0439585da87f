// The command line of scripts/lab.
import { parseArgs } from 'node:util';
import { modes } from './modes.mjs';
import { WrongUsage } from './problem.mjs';

export const usage = `usage: scripts/lab COMMAND

  create                   make the lab's disk image (Debian 13 with libvirt, QEMU and Xen)
  start kvm|xen            start the lab as a Linux/KVM host or as a Xen host, and wait until libvirt answers there
    --memory MIB           default ${modes.kvm.memory} (kvm), ${modes.xen.memory} (xen)
    --processors N         default 1; with more, guests are lost now and then
    --port N               of 127.0.0.1 for the lab's sshd; default one that is free
    --timeout SECONDS      how long to wait; default 900
  ssh [ARGUMENT...]        ssh to the lab; options of ssh(1) and a command may follow
  status [--json]          what runs, and how to reach it
  stop                     end the lab; what was written in it is gone
  destroy                  stop, and remove the image and all else that the script has made

Needs \`npm run build\`. docs/hypervisors.md tells more.`;

const optionsOf = {
  create: {},
  start: {
    memory: { type: 'string' },
    processors: { type: 'string' },
    port: { type: 'string' },
    timeout: { type: 'string' },
  },
  status: { json: { type: 'boolean' } },
  stop: {},
  destroy: {},
};

const positive = (name, text, largest = Number.MAX_SAFE_INTEGER) => {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > largest)
    throw new WrongUsage(`--${name} takes a whole number, not ${JSON.stringify(text)}`);
  return value;
};

function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new WrongUsage(error.message);
  }
}

/** Number options as numbers; what is not given is left out. */
function numbers({ memory, processors, port, timeout }) {
  const given = Object.entries({ memory, processors, port, timeout }).filter(
    ([, text]) => text !== undefined,
  );
  return Object.fromEntries(
    given.map(([name, text]) => [name, positive(name, text, name === 'port' ? 65535 : undefined)]),
  );
}

/** { command, mode?, options } of the words after `scripts/lab`; throws WrongUsage. `ssh` keeps its words as `rest`. */
export function parseCommand([command, ...words]) {
  if (command === undefined) throw new WrongUsage('a command is missing');
  if (['help', '--help', '-h'].includes(command)) return { command: 'help' };
  if (command === 'ssh') return { command, rest: words };
  if (!Object.hasOwn(optionsOf, command))
    throw new WrongUsage(`there is no command ${JSON.stringify(command)}`);
  const { values, positionals } = parse(words, optionsOf[command]);
  const [mode, ...others] = command === 'start' ? positionals : [undefined, ...positionals];
  if (command === 'start' && !Object.hasOwn(modes, mode ?? ''))
    throw new WrongUsage('start takes kvm or xen');
  if (others.length > 0) throw new WrongUsage(`${command} does not take ${JSON.stringify(others[0])}`);
  if (command !== 'start') return { command, options: values };
  return { command, mode, options: numbers(values) };
}
