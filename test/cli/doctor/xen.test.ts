import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkConnection } from '../../../src/cli/doctor/libvirt.js';
import { checkXenDriver, wantsXenDriver } from '../../../src/cli/doctor/xen.js';
import { VappError } from '../../../src/errors.js';
import { LibvirtError } from '../../../src/libvirt/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';

/** The message as a Debian 13 dom0 gave it for every call (libvirt 11.3); the numbers are VIR_ERR_INTERNAL_ERROR and VIR_FROM_LIBXL. */
const recorded = new LibvirtError({
  api: 'virConnectOpen',
  libvirtCode: 1,
  domain: 41,
  message: 'internal error: libxenlight state driver is not active',
});
/** The same as the session of a command hands it on. */
const wrapped = new VappError(recorded.code, 'no libvirt daemon answers at xen:///system', {
  why: recorded.message,
  cause: recorded,
});

const temporaryDirectory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'vapp-xen-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

describe('the race of libvirtd with xenstored', () => {
  it.each([recorded, wrapped])('is told by what libvirt says: %s', async (error) => {
    const { finding } = await checkConnection(() => Promise.reject(error), 'xen:///system');
    expect(finding).toMatchObject({
      status: 'bad',
      what: 'libvirt’s Xen driver is not active',
      why: expect.stringContaining('before xenstored'),
    });
    expect(finding.hint).toMatch(/systemctl restart libvirtd {3}# as root$/);
  });

  it('is cured on the host where it is', async () => {
    const uri = 'xen+ssh://root@xen1.example/system';
    const { finding } = await checkConnection(() => Promise.reject(wrapped), uri);
    expect(finding.hint).toMatch(/ {3}# as root on that host$/);
  });

  it('is cured by a drop-in that systemd takes', async () => {
    const { finding } = await checkConnection(() => Promise.reject(recorded), 'xen:///system');
    const root = temporaryDirectory();
    const line = finding.hint!.split(' && ')[0]!.replace('/etc/', `${root}/etc/`);
    execFileSync('dash', ['-c', line]);
    const text = readFileSync(join(root, 'etc/systemd/system/libvirtd.service.d/xen.conf'), 'utf8');
    expect(text).toBe('[Unit]\nAfter=xen.service\nWants=xen.service\n');
  });

  it('is a hint for all commands, which names the doctor', () => {
    expect(recorded.hint).toContain('vapp doctor');
  });
});

describe('the Xen driver of a dom0 whose QEMU was looked at', () => {
  it.each([
    ['qemu:///system', 'control_d\n', true],
    ['', 'control_d\n', true],
    ['xen:///system', 'control_d\n', false],
    ['qemu+ssh://root@kvm1.example/system', 'control_d\n', false],
    // A guest of Xen has the file, too.
    ['qemu:///system', '', false],
  ])('is asked: uri %j, capabilities %j: %s', (uri, text, wanted) => {
    const file = join(temporaryDirectory(), 'capabilities');
    writeFileSync(file, text);
    expect(wantsXenDriver(uri, file)).toBe(wanted);
  });

  it('is nobody’s business without Xen', () => {
    expect(wantsXenDriver('qemu:///system', join(temporaryDirectory(), 'none'))).toBe(false);
  });

  it('answers', async () => {
    let closed = 0;
    const connection = { close: async () => void closed++ } as unknown as Connection;
    expect(await checkXenDriver(async () => connection)).toEqual([
      { status: 'ok', what: 'libvirt’s Xen driver answers at xen:///system' },
    ]);
    expect(closed).toBe(1);
  });

  it('has lost the race', async () => {
    const [finding] = await checkXenDriver(() => Promise.reject(recorded));
    expect(finding?.what).toBe('libvirt’s Xen driver is not active');
  });

  it('fails for another reason', async () => {
    const error = new VappError('VAPP_LIBVIRT_UNREACHABLE', 'no driver', { hint: 'apt-get install x' });
    expect(await checkXenDriver(() => Promise.reject(error))).toEqual([
      {
        // The driver that was asked for may build all the same, and an ordinary user gets no answer.
        status: 'note',
        what: 'nothing answers at xen:///system',
        why: 'no driver',
        hint: 'apt-get install x',
      },
    ]);
  });
});
