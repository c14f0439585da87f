import type { Release } from '../releases.js';
import type { SpecHost } from './spec-host.js';
import type { ValueType } from './types/base.js';

/** What a guess may look at. */
export interface GuessContext {
  host: SpecHost;
  release: Release;
  /** Name of the appliance. */
  appliance: string;
  /** Whether the spec gives nobody a way to log in. */
  noLogin: boolean;
}

/** `from` says for people where the value comes from; without it the value counts as a default. */
export interface Guess<T> {
  value: T;
  from?: string;
}

/** What holds when a spec does not say: `text` is for people. */
export type Otherwise<T> =
  | { kind: 'required' }
  | { kind: 'default'; value: T }
  | { kind: 'guess'; text: string; guess(context: GuessContext): Guess<T> | undefined }
  | { kind: 'nothing'; text: string };

/** One key of a spec: all that validation, `explain`, the JSON schema and the manual know of it. */
export interface SpecKey<T> {
  type: ValueType<T>;
  otherwise: Otherwise<T>;
  /** One or two sentences for people. */
  help: string;
  /** Questions of the installer (debconf) that the value answers. */
  questions: readonly string[];
}

/** A row of the table; a function only for the sake of type inference. */
export const key = <T>(row: SpecKey<T>): SpecKey<T> => row;

export const required = { kind: 'required' } as const;

export const byDefault = <T>(value: T): Otherwise<T> => ({ kind: 'default', value });

/** The text for people of what holds when a spec does not say. */
export const otherwiseText = <T>({ otherwise, type }: SpecKey<T>): string => {
  switch (otherwise.kind) {
    case 'required':
      return 'required';
    case 'default':
      return type.show?.(otherwise.value) ?? String(otherwise.value);
    default:
      return otherwise.text;
  }
};
