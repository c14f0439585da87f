/**
 * Arguments before a program's, to run it in the namespaces that a process of unshare(1) has made. Its first process there is
 * another one: when that ends, the kernel kills all others (pid_namespaces(7)), and the mounts go with the last.
 */
export const enterNamespace = (pid: number): readonly string[] => [
  'nsenter',
  `--mount=/proc/${pid}/ns/mnt`,
  `--net=/proc/${pid}/ns/net`,
  `--pid=/proc/${pid}/ns/pid_for_children`,
  '--',
];
