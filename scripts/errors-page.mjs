// The page of docs/ that lists the error codes, made of the sources themselves.

const quoted = /'(VAPP_[A-Z0-9_]*[A-Z0-9])'(?:,\s*(?:'(?!VAPP_)([^'\n]+)'|`([^`\n]+)`))?/g;

/** What a message says, with an ellipsis for what is filled in. */
const plain = (text) => text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…').replaceAll('|', '\\|');

/** Codes with all their messages, both in alphabetical order, from [path, text] pairs of source files. */
export const errorCodes = (files) => {
  const codes = new Map();
  const add = (code, message) => {
    if (!codes.has(code)) codes.set(code, new Set());
    if (message) codes.get(code).add(plain(message));
  };
  for (const [path, text] of files) {
    for (const [, code, single, template] of text.matchAll(quoted)) add(code, single ?? template);
    // The binding makes its codes from a table of libvirt's error numbers.
    if (!path.endsWith('libvirt/errors.ts')) continue;
    for (const [, suffix] of text.matchAll(/VIR_ERR_\w+\]: '([A-Z_]+)'/g)) add(`VAPP_LIBVIRT_${suffix}`);
  }
  return [...codes]
    .map(([code, messages]) => [code, [...messages].sort()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
};

/** docs/errors.md. `statuses` is the table of src/report/exit-status.ts, `statusOf` tells a code's exit status. */
export const errorsPage = (files, statuses, statusOf) => {
  const meanings = new Map(statuses.map(({ status, meaning }) => [status, meaning]));
  const exits = [...meanings].map(([status, meaning]) => `| ${status} | ${meaning} |`);
  const rows = errorCodes(files).map(
    ([code, messages]) => `| \`${code}\` | ${statusOf(code)} | ${messages.join('<br>')} |`,
  );
  return `# Exit status and error codes

Codes are stable; messages are not, and where none is listed, the words are those of libvirt, the guest or the signal. This page is made from the sources: \`npm run build && node scripts/docs.mjs\`.

| exit status | meaning |
| --- | --- |
| 0 | done |
| 1 | anything else |
${exits.join('\n')}

| code | exit status | message |
| --- | --- | --- |
${rows.join('\n')}
`;
};
