import { createHash } from 'node:crypto';
import { releases } from '../releases.js';
import type { Appliance, Origin, ResolvedSpec, User } from './appliance.js';
import type { GuessContext, SpecKey } from './key.js';
import { type KeyName, type KeyValue, specKeys } from './keys.js';
import { checkLogin, checkUserNames, givesLogin } from './people.js';
import { Problems } from './problems.js';
import { readValues, type Values } from './read.js';
import { Source } from './source.js';
import type { SpecHost } from './spec-host.js';
import { type Node, rangeOf } from './tree.js';
import { readYaml } from './yaml.js';

/**
 * Reads a spec: validates it by the key table and fills in defaults and guesses. Touches nothing but `host`.
 * `text` is the whole file; `file` its path, for messages and for what the spec names relative to itself.
 * @throws VappErrors with every mistake of the spec, each with its location, in the order of the text.
 */
export const parseSpec = (file: string, text: string, host: SpecHost): ResolvedSpec => {
  const problems = new Problems(new Source(file, text));
  const root = readYaml(problems);
  if (!root) return rejected(problems);
  const context = { problems, host, file };
  const values = readValues(root, context);
  if (root.kind === 'mapping') {
    checkUserNames(root, context);
    checkLogin(root, values, context);
  }
  problems.throwIfAny();
  const filling = new Filling(values, root, problems.source, host);
  return {
    file,
    appliance: filling.appliance(),
    origins: filling.origins,
    locate(path) {
      const range = rangeOf(root, path);
      return range && problems.source.location(range);
    },
    sha256: createHash('sha256').update(text).digest('hex'),
  };
};

const rejected = (problems: Problems): never => {
  problems.throwIfAny();
  throw new Error('a YAML text without a tree and without a problem');
};

/** Puts a valid spec's values, defaults and guesses together, and keeps the origin of each. */
class Filling {
  readonly origins = new Map<string, Origin>();
  readonly #guessing: GuessContext;

  constructor(
    readonly values: Values,
    readonly root: Node,
    readonly source: Source,
    host: SpecHost,
  ) {
    this.#guessing = {
      host,
      release: releases[values.get('os') as string]!,
      appliance: values.get('appliance') as string,
      noLogin: !givesLogin(root, values),
    };
  }

  appliance(): Appliance {
    const proxy = this.#optional('proxy');
    return {
      appliance: this.#value('appliance'),
      os: this.#value('os'),
      arch: this.#value('arch'),
      hypervisor: this.#value('hypervisor'),
      memory: this.#value('memory'),
      cpus: this.#value('cpus'),
      disk: { size: this.#value('disk.size') },
      hostname: this.#value('hostname'),
      domain: this.#value('domain'),
      locale: this.#value('locale'),
      keyboard: this.#value('keyboard'),
      timezone: this.#value('timezone'),
      mirror: this.#value('mirror'),
      securityMirror: this.#value('security_mirror'),
      ...(proxy !== undefined && { proxy }),
      root: { ...this.#password('root.password'), sshKeys: this.#value('root.ssh_keys') },
      users: this.#users(),
      packages: this.#value('packages'),
      run: this.#value('run'),
      preseed: this.#value('preseed'),
    };
  }

  #users(): User[] {
    const users: User[] = [];
    for (let i = 0; this.values.has(`users[${i}].name`); i++)
      users.push({
        name: this.#value('users[].name', i),
        ...this.#password('users[].password', i),
        sshKeys: this.#value('users[].ssh_keys', i),
        sudo: this.#value('users[].sudo', i),
      });
    const place = rangeOf(this.root, 'users');
    this.origins.set(
      'users',
      place ? { kind: 'spec', at: this.source.location(place) } : { kind: 'default' },
    );
    return users;
  }

  /** A locked password is the same as none. */
  #password(key: 'root.password' | 'users[].password', index?: number): { passwordHash?: string } {
    const passwordHash = this.#optional(key, index);
    return passwordHash === undefined || passwordHash === '!' ? {} : { passwordHash };
  }

  #value<K extends KeyName>(key: K, index?: number): KeyValue<K> {
    const value = this.#optional(key, index);
    if (value === undefined) throw new Error(`no value for ${key}`);
    return value;
  }

  #optional<K extends KeyName>(key: K, index?: number): KeyValue<K> | undefined {
    const path = key.replace('[]', `[${index}]`);
    if (this.values.has(path)) {
      const place = rangeOf(this.root, path)!;
      this.origins.set(path, { kind: 'spec', at: this.source.location(place) });
      return this.values.get(path) as KeyValue<K>;
    }
    const { otherwise } = specKeys[key] as SpecKey<unknown>;
    const guess = otherwise.kind === 'guess' ? otherwise.guess(this.#guessing) : undefined;
    this.origins.set(
      path,
      guess?.from === undefined ? { kind: 'default' } : { kind: 'guess', from: guess.from },
    );
    return (otherwise.kind === 'default' ? otherwise.value : guess?.value) as KeyValue<K> | undefined;
  }
}
