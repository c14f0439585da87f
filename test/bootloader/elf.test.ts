import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readElfNeeds } from '../../src/bootloader/elf.js';
import { lddFiles, makeModule, readelfNeeded } from './binaries.js';

describe('readElfNeeds', () => {
  it('names the libraries of a program and its loader, as readelf does', async () => {
    const needs = readElfNeeds(readFileSync(process.execPath), 'node');
    expect(needs.libraries).toEqual(await readelfNeeded(process.execPath));
    expect(needs.interpreter).toBe('/lib64/ld-linux-x86-64.so.2');
  });

  it('names the libraries of a library', async () => {
    for (const file of (await lddFiles('/bin/ls')).values()) {
      expect(readElfNeeds(readFileSync(file), file).libraries).toEqual(await readelfNeeded(file));
    }
  });

  it('finds nothing that an object file needs', async () => {
    expect(readElfNeeds(await makeModule('license=GPL'), 'x.ko')).toEqual({ libraries: [] });
  });

  it.each([
    ['a script', Buffer.from('#!/bin/sh\n'.repeat(20)), 'It is no ELF file.'],
    ['half a program', readFileSync('/bin/ls').subarray(0, 100), 'It is cut off.'],
    [
      '32 bits',
      Buffer.concat([Buffer.from('7f454c460101', 'hex'), Buffer.alloc(99)]),
      'It is not of 64 bits',
    ],
  ])('refuses %s', (_, file, why) => {
    expect(() => readElfNeeds(file, 'thing')).toThrow(
      expect.objectContaining({ code: 'VAPP_BOOTLOADER_ELF', why: expect.stringContaining(why) }),
    );
  });
});
