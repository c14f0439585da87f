/** What parseSpec may know of the host. Handed in, so that reading a spec touches nothing. */
export interface SpecHost {
  env: Readonly<Record<string, string | undefined>>;
  /** The invoking user: under sudo the one who typed it. */
  user: string;
  /** The invoking user's home, which `~/` stands for. */
  home?: string;
  /** Lines of the invoking user's public keys. */
  sshPublicKeys: readonly { path: string; line: string }[];
  /** The archives that the host's apt uses; `from` is the file that names them. */
  mirror?: { uri: string; from: string };
  securityMirror?: { uri: string; from: string };
  /** Text of a file, undefined when there is none or it cannot be read. */
  readText(path: string): string | undefined;
  /** Bytes of a regular file, undefined when there is none or it cannot be read. */
  fileSize(path: string): number | undefined;
}
