import { releases } from '../releases.js';
import type { Appliance, Origin, OwnFile, User } from './appliance.js';
import type { GuessContext, SpecKey } from './key.js';
import { type KeyName, type KeyValue, specKeys } from './keys.js';
import { givesLogin } from './people.js';
import type { Values } from './read.js';
import type { Source } from './source.js';
import type { SpecHost } from './spec-host.js';
import { type Node, rangeOf } from './tree.js';

/** Puts a valid spec's values, defaults and guesses together, and keeps the origin of each. */
export class Filling {
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
      files: this.#files(),
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
    this.#noteList('users');
    return users;
  }

  #files(): OwnFile[] {
    const files: OwnFile[] = [];
    for (let i = 0; this.values.has(`files[${i}].path`); i++)
      files.push({
        path: this.#value('files[].path', i),
        source: this.#value('files[].source', i),
        mode: this.#value('files[].mode', i),
      });
    this.#noteList('files');
    return files;
  }

  #noteList(key: string): void {
    const place = rangeOf(this.root, key);
    this.origins.set(key, place ? { kind: 'spec', at: this.source.location(place) } : { kind: 'default' });
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
