import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTemplate } from '../src/domain/index.js';
import { all, first, textOf } from '../src/domain/tree.js';
import { parseXml, type XmlElement } from '../src/domain/xml.js';
import type { Engine } from '../src/plan/plan.js';
import { specKeys } from '../src/spec/index.js';
import { compileGolden, engines, enginesOf, goldenDirectory, readSpec, specNames } from './golden-support.js';

const write = process.env.GOLDEN === 'write';
if (write) rmSync(goldenDirectory, { recursive: true, force: true });

const cases = specNames.flatMap((name) => enginesOf(readSpec(name)).map((engine) => ({ name, engine })));
const folder = (name: string, engine: string): URL => new URL(`${name}/${engine}/`, goldenDirectory);

describe('goldens', () => {
  it.each(cases)('$name on $engine', ({ name, engine }) => {
    const compiled = compileGolden(readSpec(name), engine);
    const directory = folder(name, engine);
    if (write) {
      mkdirSync(directory, { recursive: true });
      for (const [file, text] of Object.entries(compiled)) writeFileSync(new URL(file, directory), text);
    }
    const golden = Object.keys(compiled).map((file) => [
      file,
      readFileSync(new URL(file, directory), 'utf8'),
    ]);
    expect(compiled).toEqual(Object.fromEntries(golden));
  });

  it('are there for every spec and engine, and for nothing else', () => {
    const present = readdirSync(goldenDirectory).flatMap((name) =>
      readdirSync(new URL(`${name}/`, goldenDirectory)).map((engine) => `${name}/${engine}`),
    );
    expect(present.sort()).toEqual(cases.map(({ name, engine }) => `${name}/${engine}`).sort());
  });
});

/** A concrete path of a list's item, `users[0].name`, as the table has it: `users[].name`. */
const keyOf = (path: string): string => path.replace(/\[\d+\]/g, '[]');

/** What a build fills in: each is a way to a value of a template. */
const holes: Record<string, (domain: XmlElement) => string | undefined> = {
  name: (domain) => textOf(first(domain, 'name')),
  title: (domain) => textOf(first(domain, 'title')),
  memory: (domain) => textOf(first(domain, 'memory')),
  vcpu: (domain) => textOf(first(domain, 'vcpu')),
  metadata: (domain) => String(first(domain, 'metadata')?.children.length),
  disk: (domain) => first(device(domain, 'disk'), 'source')?.attributes.file,
  transient: (domain) => first(device(domain, 'disk'), 'transient')?.name,
};

/** Of QEMU's templates only; the others have their network's name in common with the host. */
const qemuHoles: typeof holes = { emulator: (domain) => textOf(device(domain, 'emulator')) };

const networkHole = (domain: XmlElement): string => JSON.stringify(device(domain, 'interface'));

const device = (domain: XmlElement, name: string): XmlElement | undefined => {
  const devices = first(domain, 'devices');
  return devices && all(devices, name)[0];
};

const goldenTemplates = (engine: Engine): XmlElement[] =>
  cases
    .filter((each) => each.engine === engine)
    .map(({ name }) => new URL('template.xml', folder(name, engine)))
    .filter((file) => existsSync(file))
    .map((file) => parseXml(readFileSync(file, 'utf8')));

describe('the goldens cover', () => {
  it('every key of a spec', () => {
    const said = new Set(
      specNames.flatMap((name) => {
        const { origins } = readSpec(name);
        return [...origins].filter(([, origin]) => origin.kind === 'spec').map(([path]) => keyOf(path));
      }),
    );
    expect(Object.keys(specKeys).filter((key) => !said.has(key))).toEqual([]);
  });

  it.each(engines)('everything that a build fills in: %s', (engine) => {
    const file = parseXml(loadTemplate(engine));
    const filled = goldenTemplates(engine);
    const mine = { ...holes, ...(engine === 'kvm' || engine === 'qemu' ? qemuHoles : {}) };
    const untouched = Object.entries(mine)
      .filter(([, read]) => filled.every((golden) => read(golden) === read(file)))
      .map(([hole]) => hole);
    expect(untouched).toEqual([]);
  });

  it('each kind of network', () => {
    const kinds = engines.flatMap((engine) => goldenTemplates(engine).map(networkHole));
    for (const kind of ['"network":"lan"', '"network":"default"', '"bridge":"br0"'])
      expect(kinds.some((text) => text.includes(kind))).toBe(true);
  });
});
