import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTemplate } from '../../src/domain/index.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-template-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const file = (text: string): string => {
  const path = join(directory, 'mine.xml');
  writeFileSync(path, text);
  return path;
};

describe('loadTemplate', () => {
  it("gives the user's file in place of ours", () => {
    const text = "<domain type='qemu'><os><type>hvm</type></os></domain>";
    expect(loadTemplate('kvm', file(text))).toBe(text);
  });

  it.each([
    ['<network/>', 'root element is <network>'],
    ["<domain type='xen'/>", "type 'xen'"],
    ["<domain type='lxc'/>", "type 'lxc'"],
    ["<domain type='kvm'><os><type>exe</type></os></domain>", "type is 'exe'"],
  ])('refuses %s for kvm, and says why', (text, why) => {
    expect(() => loadTemplate('kvm', file(text))).toThrow(
      expect.objectContaining({ code: 'VAPP_DOMAIN_TEMPLATE', why: expect.stringContaining(why) }),
    );
  });

  it('takes a PV guest by either of its names', () => {
    for (const name of ['xen', 'linux'])
      expect(
        loadTemplate('xen-pv', file(`<domain type='xen'><os><type>${name}</type></os></domain>`)),
      ).toContain(name);
  });

  it('says where a document is not XML', () => {
    const path = file('<domain>\n<devices>\n</domain>');
    expect(() => loadTemplate('kvm', path)).toThrow(
      expect.objectContaining({
        code: 'VAPP_DOMAIN_TEMPLATE',
        at: expect.objectContaining({ file: path, line: 3 }),
      }),
    );
  });

  it('says that there is no such file', () => {
    expect(() => loadTemplate('kvm', join(directory, 'none.xml'))).toThrow(
      expect.objectContaining({ code: 'VAPP_DOMAIN_TEMPLATE', why: expect.stringContaining('ENOENT') }),
    );
  });
});
