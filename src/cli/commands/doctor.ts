import { VappError } from '../../errors.js';
import { connect } from '../../libvirt/index.js';
import { isRemote } from '../../plan/index.js';
import type { CommandModule } from '../command.js';
import type { Finding } from '../doctor/check.js';
import { checkDirectories, checkNode, checkReaper, checkTools } from '../doctor/host.js';
import { checkConnection, checkHypervisor } from '../doctor/libvirt.js';
import { checkXenDriver, wantsXenDriver } from '../doctor/xen.js';

export const run: CommandModule['run'] = async (session, args) => {
  const asked = (args.connect as string | undefined) ?? process.env.LIBVIRT_DEFAULT_URI ?? '';
  const { finding, connection } = await checkConnection(() => session.connection(), asked);
  const findings: Finding[] = [
    checkNode(),
    ...(await checkTools()),
    ...(await checkDirectories()),
    // Guests of another machine are children of its process 1.
    ...(connection && isRemote(connection.uri) ? [] : [await checkReaper()]),
    finding,
    ...(wantsXenDriver(connection?.uri ?? asked) ? await checkXenDriver(connect) : []),
    ...(connection ? await checkHypervisor(connection, session.signal) : []),
  ];
  session.print(session.json ? JSON.stringify({ v: 1, findings }) : findings.map(line).join('\n'));
  const failed = findings.filter(({ status }) => status === 'bad').length;
  if (failed > 0) {
    throw new VappError('VAPP_HOST_NOT_READY', `${failed} check${failed === 1 ? '' : 's'} failed`, {
      why: 'this host cannot build yet',
      hint: 'do what the lines with ✖ say, then: vapp doctor',
    });
  }
  return 0;
};

const marks = { ok: '✔', note: '•', bad: '✖' } as const;

function line({ status, what, why, hint }: Finding): string {
  return [
    `${marks[status]} ${what}`,
    ...(why ? [`    ${why}`] : []),
    ...(hint ? [`    → ${hint}`] : []),
  ].join('\n');
}
