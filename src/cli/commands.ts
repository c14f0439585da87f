import type { Command } from './command.js';

/** All commands, in the order of `vapp --help`. */
export const commands: readonly Command[] = [
  {
    usage: 'build <specs..>',
    summary: 'Build appliances and define each as a libvirt template',
    load: async () => await import('./commands/build.js'),
  },
  {
    usage: 'validate <spec>',
    summary: 'Check a spec; show every mistake at once',
    load: async () => await import('./commands/validate.js'),
  },
  {
    usage: 'compile <spec>',
    summary: 'Write the preseed, the domain XML and the plan of a build',
    load: async () => await import('./commands/compile.js'),
  },
  {
    usage: 'explain <spec> [key]',
    summary: 'Show every value of a spec and where it comes from',
    load: async () => await import('./commands/explain.js'),
  },
  {
    usage: 'schema',
    summary: 'Print the JSON schema of specs',
    load: async () => await import('./commands/schema.js'),
  },
  {
    usage: 'builds',
    summary: 'List builds',
    load: async () => await import('./commands/builds.js'),
  },
  {
    usage: 'show <build>',
    summary: 'Show one build: stages, result, files',
    load: async () => await import('./commands/show.js'),
  },
  {
    usage: 'logs <build>',
    summary: 'Print the log of a build',
    load: async () => await import('./commands/logs.js'),
  },
  {
    usage: 'attach <build>',
    summary: 'Show a running build as the terminal did where it was started',
    load: async () => await import('./commands/attach.js'),
  },
  {
    usage: 'console <build>',
    summary: 'Show the console of the guest that a build runs',
    load: async () => await import('./commands/console.js'),
  },
  {
    usage: 'wait <builds..>',
    summary: 'Wait until builds are over; exit status of the first that failed',
    load: async () => await import('./commands/wait.js'),
  },
  {
    usage: 'cancel <builds..>',
    summary: 'Cancel running builds and remove what they made',
    load: async () => await import('./commands/cancel.js'),
  },
  {
    usage: 'resume <build> [spec]',
    summary: 'Go on with a build that ended after its installation',
    load: async () => await import('./commands/resume.js'),
  },
  {
    usage: 'clean [builds..]',
    summary: 'Remove what dead builds left behind',
    load: async () => await import('./commands/clean.js'),
  },
  {
    usage: 'forget [builds..]',
    summary: 'Remove builds that are over from the list, with their logs',
    load: async () => await import('./commands/forget.js'),
  },
  {
    usage: 'cache [action]',
    summary: 'Show what is kept for later builds; prune it by age and size',
    load: async () => await import('./commands/cache.js'),
  },
  {
    usage: 'templates',
    summary: 'List templates',
    load: async () => await import('./commands/templates.js'),
  },
  {
    usage: 'clone <template> <name>',
    summary: 'Make a domain from a template',
    load: async () => await import('./commands/clone.js'),
  },
  {
    usage: 'delete <name>',
    summary: 'Delete a template or a clone with its disk',
    load: async () => await import('./commands/delete.js'),
  },
  {
    usage: 'grub <target>',
    summary: 'Install GRUB on a disk from outside, or --check it',
    load: async () => await import('./commands/grub.js'),
  },
  {
    usage: 'doctor',
    summary: 'Check whether this host is ready for builds',
    load: async () => await import('./commands/doctor.js'),
  },
];
