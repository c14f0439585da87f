import type { prototypes, qemuPrototypes } from './prototypes.js';

/** An address of a libvirt object. A wrong one kills the process, so only libvirt's own results carry this type. */
export type Pointer<Type extends string = string> = bigint & { readonly pointsTo: Type };

/** One element that C writes an `_Out_` scalar or pointer into. */
export type Cell<T = unknown> = [T];

type Argument<A extends string> = A extends `_Out_ vir${string}Ptr **${string}`
  ? Cell<bigint | null>
  : A extends `_Out_ charPtr *${string}`
    ? Cell<bigint | null>
    : A extends `_Out_ vir${string} *${string}`
      ? object
      : A extends `_Out_ ${string}`
        ? Cell<number | bigint>
        : A extends 'const char *data' | `char *${string}`
          ? Uint8Array
          : A extends `const char *${string}`
            ? string | null
            : A extends `vir${string}Ptr *${string}`
              ? BigUint64Array | bigint
              : A extends `vir${infer Type}Ptr ${string}`
                ? Pointer<Type> | (Type extends 'Domain' ? null : never)
                : A extends `vir${string} ${string}`
                  ? bigint | null
                  : A extends `${string}*${string}`
                    ? Uint8Array | Uint32Array | BigUint64Array | bigint | null
                    : number;

type Arguments<A extends string> = A extends 'void'
  ? []
  : A extends `${infer Head}, ${infer Rest}`
    ? [Argument<Head>, ...Arguments<Rest>]
    : [Argument<A>];

type Head<D extends string> = D extends `const char *${infer Name}(${string}`
  ? { name: Name; result: string | null }
  : D extends `unsigned int ${infer Name}(${string}`
    ? { name: Name; result: number }
    : D extends `void ${infer Name}(${string}`
      ? { name: Name; result: undefined }
      : D extends `HeapString ${infer Name}(${string}`
        ? { name: Name; result: string | null }
        : D extends `vir${infer Type}Ptr ${infer Name}(${string}`
          ? { name: Name; result: Pointer<Type> | null }
          : D extends `int ${infer Name}(${string}`
            ? { name: Name; result: number }
            : never;

type Function<D extends string> = D extends `${string}(${infer List})`
  ? (...args: Arguments<List>) => Head<D>['result']
  : never;

type Library<Declaration extends string> = { [D in Declaration as Head<D>['name']]: Function<D> };

/** libvirt's C functions as TypeScript sees them. */
export type Api = Library<(typeof prototypes)[number] | (typeof qemuPrototypes)[number]>;
export type ApiName = keyof Api;

/** What a call gives that has been checked for failure. */
export type Success<Name extends ApiName> = Exclude<ReturnType<Api[Name]>, null>;

type Kind = 'text' | 'pointer' | 'integer' | 'memory';
export interface Parameter {
  name: string;
  kind: Kind;
}

const kindOf = (declaration: string): Kind => {
  if (declaration.startsWith('_Out_ ')) return 'memory';
  if (/^const char \*(?!data$)/.test(declaration)) return 'text';
  if (/^vir\w+Ptr \w+$/.test(declaration)) return 'pointer';
  return /\*|^vir/.test(declaration) ? 'memory' : 'integer';
};

/** Takes a prototype apart: the function's name and what kind of value each parameter wants. */
export function parsePrototype(prototype: string): { name: string; parameters: Parameter[] } {
  const match = /(\w+)\((.*)\)$/.exec(prototype);
  if (!match) throw new SyntaxError(`not a C prototype: ${prototype}`);
  const [, name = '', list = ''] = match;
  const declarations = list === 'void' ? [] : list.split(', ');
  return {
    name,
    parameters: declarations.map((text) => ({ name: /\w+$/.exec(text)?.[0] ?? text, kind: kindOf(text) })),
  };
}

const isInteger = (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value);

const accepts: Record<Kind, (value: unknown) => boolean> = {
  text: (value) => value === null || (typeof value === 'string' && !value.includes('\0')),
  pointer: (value) => value === null || (typeof value === 'bigint' && value !== 0n),
  integer: isInteger,
  memory: (value) => value === null || typeof value === 'object' || typeof value === 'bigint',
};

const wanted: Record<Kind, string> = {
  text: 'a string without NUL',
  pointer: 'a libvirt object',
  integer: 'an integer',
  memory: 'a buffer',
};

/**
 * Refuses arguments that C would misread: koffi takes a number for a `const char *` as an address, and cuts a string
 * at a NUL in silence.
 * @throws TypeError that names function and parameter.
 */
export function checkArguments(
  name: string,
  parameters: readonly Parameter[],
  args: readonly unknown[],
): void {
  if (args.length !== parameters.length)
    throw new TypeError(`${name} takes ${parameters.length} arguments, not ${args.length}`);
  for (const [index, parameter] of parameters.entries())
    if (!accepts[parameter.kind](args[index]))
      throw new TypeError(`${name}: ${parameter.name} must be ${wanted[parameter.kind]}`);
}
