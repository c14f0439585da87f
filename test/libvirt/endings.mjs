// A program that opens a connection and then ends in the way that its argument names.
import { connect } from '../../dist/libvirt/index.js';

const [, , uri, ending, xml] = process.argv;
const { LIMIT: limit } = process.env;
const say = (text) => process.stdout.write(`${text}\n`);

/** Waits for the test to stop the daemon. */
const go = () => {
  say('ready');
  return new Promise((resolve) => process.stdin.once('data', resolve));
};

/** What the calls came to, and the end of the connection. */
async function tell(connection, calls) {
  const ends = await Promise.allSettled(calls);
  for (const code of new Set(ends.map(({ reason }) => reason?.code))) say(code);
  say(`closed ${await connection.close()}`);
  process.stdin.unref();
}

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
    await go();
    connection.hostname().catch(() => undefined);
    setImmediate(() => process.exit(5));
  },
  several: async (connection) => {
    // Each is in a thread of its own.
    const calls = () => [connection.capabilities(), connection.libVersion(), connection.lookupDomain('x')];
    await Promise.all(calls());
    await go();
    await tell(connection, calls());
  },
  upload: async (connection) => {
    const volume = await (await connection.lookupPool('stopped')).lookupVolume('large');
    const uploaded = volume.upload(Buffer.alloc(2 ** 30));
    await go();
    await tell(connection, [uploaded]);
  },
  'close-busy': async (connection) => {
    await Promise.all([connection.capabilities(), connection.lookupDomain('x')]);
    await go();
    const calls = [connection.capabilities(), connection.lookupDomain('x')];
    const closed = connection.close();
    await tell(connection, calls);
    await closed;
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
