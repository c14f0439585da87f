import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type Session } from '../../src/cli/session.js';
import { connect, LibvirtError } from '../../src/libvirt/index.js';

vi.mock('../../src/libvirt/index.js', async (original) => ({
  ...(await original<object>()),
  connect: vi.fn(),
}));

let written: string;
let session: Session;
const connection = { uri: 'test:///default', close: vi.fn(async () => 0) };
beforeEach(() => {
  written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
  vi.mocked(connect).mockResolvedValue(connection as never);
  session = openSession({ output: 'plain', connect: 'test:///default' });
});
afterEach(async () => {
  await session[Symbol.asyncDispose]();
  vi.restoreAllMocks();
  vi.clearAllMocks();
  process.stdout.removeAllListeners('error');
});

test('connects once, when first asked, and closes at the end', async () => {
  expect(connect).not.toHaveBeenCalled();
  expect(await session.connection()).toBe(await session.connection());
  expect(vi.mocked(connect).mock.calls).toEqual([['test:///default', { signal: session.signal }]]);
  await session[Symbol.asyncDispose]();
  expect(connection.close).toHaveBeenCalled();
});

test('a session that never connected closes nothing', async () => {
  await session[Symbol.asyncDispose]();
  expect(connection.close).not.toHaveBeenCalled();
});

describe('a daemon that does not answer', () => {
  const unreachable = (message: string) =>
    new LibvirtError({ api: 'virConnectOpen', libvirtCode: 38, domain: 7, message });

  test('is named, with what libvirt said', async () => {
    vi.mocked(connect).mockRejectedValue(unreachable('no route'));
    await expect(session.connection()).rejects.toMatchObject({
      code: 'VAPP_LIBVIRT_UNREACHABLE',
      message: 'no libvirt daemon answers at test:///default',
      why: 'no route',
      hint: 'vapp doctor',
    });
  });

  test('keeps the hint of the binding', async () => {
    vi.mocked(connect).mockRejectedValue(
      unreachable("Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file"),
    );
    await expect(session.connection()).rejects.toMatchObject({
      hint: expect.stringMatching(/^start the daemon/),
    });
  });

  test('other failures pass as they are', async () => {
    const denied = new LibvirtError({
      api: 'virConnectOpen',
      libvirtCode: 45,
      domain: 7,
      message: 'authentication failed',
    });
    vi.mocked(connect).mockRejectedValue(denied);
    await expect(session.connection()).rejects.toBe(denied);
  });
});

describe('reporting', () => {
  test('begins and ends when a command says so', async () => {
    session.emit({ type: 'notice', text: 'before' });
    await session.startReporting();
    session.emit({ type: 'notice', text: 'during' });
    await session.endReporting();
    session.emit({ type: 'notice', text: 'after' });
    expect(written).toBe('[    0 s] during\n');
  });

  test('is as --output says, else as standard output is', async () => {
    const json = openSession({ output: 'json' });
    await json.startReporting();
    json.emit({ type: 'notice', text: 'x' });
    await json[Symbol.asyncDispose]();
    expect(json.json).toBe(true);
    expect(JSON.parse(written)).toMatchObject({ v: 1, type: 'notice', text: 'x' });
    written = '';
    const pipe = Object.assign(new PassThrough(), { isTTY: false });
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(pipe as never);
    const auto = openSession({ output: 'auto' });
    await auto.startReporting();
    auto.emit({ type: 'notice', text: 'y' });
    await auto[Symbol.asyncDispose]();
    expect(String(pipe.read())).toBe('[    0 s] y\n');
  });
});

test('a signal is acknowledged: by the reporter, else on standard error', async () => {
  const errors: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => errors.push(String(text)) > 0);
  const sigint = () => process.listeners('SIGINT').at(-1)?.('SIGINT');
  sigint();
  expect(session.signal.aborted).toBe(true);
  expect(errors).toEqual(['SIGINT: cancelling; once more ends vapp at once\n']);

  const reporting = openSession({ output: 'plain' });
  await reporting.startReporting();
  sigint();
  await reporting[Symbol.asyncDispose]();
  expect(written).toBe('[    0 s] SIGINT: cancelling; once more ends vapp at once\n');
});

test('prints lines, and keeps last words for after an error', () => {
  session.print('a');
  session.afterwards('b', 'c');
  expect(written).toBe('a\n');
  expect(session.lastWords).toEqual(['b', 'c']);
});
