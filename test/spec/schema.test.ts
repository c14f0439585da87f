import { describe, expect, it } from 'vitest';
import { jsonSchema, specKeys } from '../../src/spec/index.js';
import { ed25519 } from './helpers.js';

type Schema = Record<string, unknown>;

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

const known = new Set(
  '$schema title description type properties required additionalProperties items enum pattern maxLength minLength minimum maximum uniqueItems anyOf'.split(
    ' ',
  ),
);

/** The few words of draft 2020-12 that the schema uses; an unknown one fails. */
const valid = (schema: Schema, value: unknown): boolean => {
  for (const word of Object.keys(schema)) if (!known.has(word)) throw new Error(`unknown word ${word}`);
  const {
    type,
    anyOf,
    minimum = -Infinity,
    maximum = Infinity,
    maxLength = Infinity,
    minLength = 0,
  } = schema;
  if (anyOf) return (anyOf as Schema[]).some((each) => valid(each, value));
  if (schema.enum) return (schema.enum as unknown[]).includes(value);
  if (type !== typeOf(value)) return false;
  if (typeof value === 'number') return value >= Number(minimum) && value <= Number(maximum);
  if (typeof value === 'string')
    return (
      value.length <= Number(maxLength) &&
      value.length >= Number(minLength) &&
      new RegExp(String(schema.pattern ?? ''), 'u').test(value)
    );
  return Array.isArray(value)
    ? validItems(schema, value)
    : type !== 'object' || validProperties(schema, value as object);
};

const validItems = (schema: Schema, items: unknown[]): boolean =>
  (!schema.uniqueItems || new Set(items).size === items.length) &&
  items.every((item) => valid(schema.items as Schema, item));

const validProperties = (schema: Schema, value: object): boolean => {
  const properties = schema.properties as Record<string, Schema>;
  return (
    ((schema.required ?? []) as string[]).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(
      ([name, each]) => Object.hasOwn(properties, name) && valid(properties[name]!, each),
    )
  );
};

const minimal = { appliance: 'web', os: 'debian-13' };

describe('jsonSchema', () => {
  it('is of draft 2020-12 and can be written as JSON', () => {
    const schema = jsonSchema();
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it('describes every key with its default', () => {
    const text = JSON.stringify(jsonSchema());
    for (const { help } of Object.values(specKeys)) expect(text).toContain(JSON.stringify(help).slice(1, -1));
    expect(jsonSchema()).toMatchObject({
      required: ['appliance', 'os'],
      properties: { memory: { description: expect.stringMatching(/ Default: 1GiB\.$/) } },
    });
  });

  it.each([
    {},
    { hypervisor: 'xen', memory: '1.5 GiB', cpus: 2, disk: { size: '8GB' } },
    { root: { password: { env: 'A' }, ssh_keys: ['~/.ssh/id.pub', ed25519] } },
    { root: { password: '!' } },
    { users: [{ name: 'ann', sudo: true, password: { file: 'x' } }] },
    { packages: ['nginx', 'g++'], run: ['a\nb'], preseed: ['d-i a/b string c'] },
    { timezone: 'UTC', locale: 'en_GB.UTF-8', mirror: 'http://mirror.example/debian' },
  ])('takes the good spec %j', (more) => {
    expect(valid(jsonSchema(), { ...minimal, ...more })).toBe(true);
  });

  it.each([
    { appliance: 'Web' },
    { os: 'debian-1' },
    { memry: '1GiB' },
    { memory: 1024 },
    { cpus: 0 },
    { cpus: 1.5 },
    { disk: '4GiB' },
    { root: { password: 'hunter2' } },
    { root: { password: { env: 'A', file: 'b' } } },
    { users: [{ sudo: true }] },
    { users: [{ name: 'ann', sudo: 'yes' }] },
    { packages: ['nginx', 'nginx'] },
    { packages: 'nginx' },
    { preseed: ['# comment'] },
    { timezone: 'berlin' },
  ])('refuses the bad spec %j', (more) => {
    expect(valid(jsonSchema(), { ...minimal, ...more })).toBe(false);
  });

  it('needs appliance and os', () => {
    expect(valid(jsonSchema(), { appliance: 'web' })).toBe(false);
    expect(valid(jsonSchema(), { os: 'debian-13' })).toBe(false);
  });
});
