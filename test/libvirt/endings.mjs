// A program that opens a connection and then ends in the way that its argument names.
import { connect } from '../../dist/libvirt/index.js';

const [, , uri, ending, xml] = process.argv;
const { LIMIT: limit } = process.env;
const say = (text) => process.stdout.write(`${text}\n`);

const endings = {
  natural: async (connection) => connection.close(),
  forgotten: async () => {},
  listening: async (connection) => {
    connection.on('lifecycle', () => undefined);
    await connection.close();
  },
  exit: async (connection) => {
    connection.on('lifecycle', () => undefined);
    process.exit(7);
  },
  throw: async () => {
    throw new Error('on purpose');
  },
  'throw-in-call': async (connection) => {
    connection.hostname().catch(() => undefined);
    process.nextTick(() => {
      throw new Error('on purpose');
    });
  },
  signal: async (connection) => {
    connection.on('lifecycle', () => undefined);
    say('ready');
  },
  // Does not know that the daemon is stopped by now: the call hangs.
  'exit-in-call': async (connection) => {
    say('ready');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    connection.hostname().catch(() => undefined);
    setImmediate(() => process.exit(5));
  },
  closed: async (connection) => {
    connection.on('lifecycle', () => undefined);
    connection.on('closed', (reason) => say(`closed ${reason}`));
    say('ready');
  },
  guest: async (connection) => {
    const domain = await connection.createDomain(xml, { paused: true, autodestroy: true });
    await domain.openConsole();
    say('ready');
  },
};

try {
  const keepAlive = ending === 'exit-in-call' ? { interval: 60, count: 10 } : { interval: 1, count: 2 };
  await endings[ending](await connect(uri, { keepAlive, ...(limit && { limit: Number(limit) }) }));
} catch (error) {
  if (ending === 'throw') throw error;
  say(error.code ?? String(error));
  process.exitCode = 3;
}
