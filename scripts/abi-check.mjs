// Compares what vapp believes of libvirt's C interface with the installed headers. gcc checks the generated file for
// syntax and types only; nothing is linked or run. Needs gcc, libvirt-dev and `npm run build`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { constants } from '../dist/libvirt/constants.js';
import { declareTypes } from '../dist/libvirt/layouts.js';
import { typedParameter } from '../dist/libvirt/operations/typed-parameters.js';
import { callbacks, prototypes, qemuPrototypes } from '../dist/libvirt/prototypes.js';

const prelude = `
#include <stddef.h>
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#define _Out_
typedef char *HeapString;
typedef char *charPtr;
`;

/** Makes gcc's complaints name what they are about. */
const about = (name, text) => `#line 1 "${name}"\n${text}`;

/** The function's address must be of the type that our prototype says. */
const checkPrototype = (prototype) => {
  const [, result, name, parameters] = /^(.*?)(\w+)\((.*)\)$/.exec(prototype);
  return about(name, `${result} (*check_${name})(${parameters}) = ${name};`);
};

/** A function of our type must fit the header's callback type. */
const checkCallback = ([type, prototype]) => {
  const [, result, name, parameters] = /^(.*?)(\w+)\((.*)\)$/.exec(prototype);
  return about(type, `${result} ${name}(${parameters});\n${type} check_${type} = ${name};`);
};

const assertion = (condition, text) => about(text, `_Static_assert(${condition}, "${text}");`);

const checkLayout = ([name, type]) => [
  assertion(`sizeof(${name}) == ${type.size}`, `size of ${name}`),
  ...Object.values(type.members).map((member) =>
    assertion(
      `offsetof(${name}, ${member.name}) == ${member.offset} && sizeof(((${name} *) 0)->${member.name}) == ${member.type.size}`,
      `${name}.${member.name}`,
    ),
  ),
];

const checkTypedParameter = [
  assertion(`sizeof(virTypedParameter) == ${typedParameter.size}`, 'size of virTypedParameter'),
  assertion(`offsetof(virTypedParameter, type) == ${typedParameter.type}`, 'virTypedParameter.type'),
  assertion(`offsetof(virTypedParameter, value) == ${typedParameter.value}`, 'virTypedParameter.value'),
];

let layouts;

/** Checks these declarations, or ours, and gives gcc's complaints, one line each; none when all is right. */
export function checkAbi(o = {}) {
  layouts ??= declareTypes(koffi);
  const lines = [
    prelude,
    ...(o.prototypes ?? [...prototypes, ...qemuPrototypes]).map(checkPrototype),
    ...Object.entries(o.callbacks ?? callbacks).map(checkCallback),
    ...Object.entries(o.layouts ?? layouts).flatMap(checkLayout),
    ...checkTypedParameter,
    ...Object.entries(o.constants ?? constants).map(([name, value]) =>
      assertion(`${name} == ${value}`, name),
    ),
  ];
  // virError has members, and virConnectGetLibVersion's family functions, that the headers call deprecated.
  const options = ['-fsyntax-only', '-Wall', '-Wextra', '-Wno-deprecated-declarations', '-x', 'c', '-'];
  const gcc = spawnSync('gcc', options, {
    input: lines.join('\n'),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (gcc.error) throw gcc.error;
  return gcc.stderr.split('\n').filter((line) => /(?:warning|error):/.test(line));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const complaints = checkAbi();
  for (const complaint of complaints) console.log(complaint);
  console.log(`${prototypes.length + qemuPrototypes.length} functions, ${complaints.length} complaints`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
