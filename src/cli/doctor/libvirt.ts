import { hypervisorFacts, probesFile } from '../../build/host/host.js';
import { imageDirectory } from '../../build/host/xml.js';
import { commandOf } from '../../build/reach/ssh-command.js';
import { loginLine } from '../../build/reach/ssh-session.js';
import { noPlaceForImages } from '../../build/storage.js';
import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import { isRemote, noUserNetwork, unfitPool } from '../../plan/index.js';
import type { HypervisorFacts } from '../../plan/plan.js';
import { shellWord } from '../../shell-word.js';
import { bad, type Finding, note, ok } from './check.js';
import { checkWayBack } from './way-back.js';
import { idleXenDriver } from './xen.js';

/** Connects, or says why not. `uri` is what the user asked for. */
export async function checkConnection(
  open: () => Promise<Connection>,
  uri = '',
): Promise<{ finding: Finding; connection?: Connection }> {
  try {
    const connection = await open();
    const version = await connection.libVersion();
    return { connection, finding: ok(`libvirt ${version} answers at ${connection.uri}`) };
  } catch (error) {
    const idle = idleXenDriver(error, { remote: uri !== '' && isRemote(uri) });
    if (idle) return { finding: idle };
    const { message, why, hint } =
      error instanceof VappError ? error : new VappError('VAPP_INTERNAL', String(error));
    return { finding: bad(message, why ?? message, hint && hint !== 'vapp doctor' ? hint : wayIn(uri)) };
  }
}

/** What to try when the daemon of a URI does not answer, and libvirt's words have no hint of their own. */
function wayIn(uri: string): string {
  const start = 'systemctl start libvirtd   # without systemd: virtlogd -d; libvirtd -d';
  if (!isRemote(uri)) return start;
  const ssh = commandOf(uri);
  if (!ssh) return `${start}; on that host`;
  return `this has to work without a question: ${loginLine(ssh)}; then, on that host: ${start}`;
}

/** Engines, pool and network of the host, and the way back from another machine. */
export async function checkHypervisor(
  connection: Connection,
  signal = new AbortController().signal,
): Promise<Finding[]> {
  const facts = await hypervisorFacts(connection);
  const engines = Object.keys(facts.engines);
  const engine =
    engines.length > 0
      ? ok(`engines: ${engines.join(', ')}`)
      : bad(
          'libvirt offers no engine',
          `the ${facts.driver} driver lists no guest that vapp can build on`,
          `apt-get install ${onXen(facts) ? 'xen-system-amd64' : 'qemu-system-x86'}${facts.remote ? '   # on that host' : ''}`,
        );
  return [
    engine,
    ...(onXen(facts) ? [] : [kvmFinding(facts)]),
    poolFinding(facts),
    networkFinding(facts),
    ...(await checkWayBack(connection, facts, signal)),
  ];
}

function poolFinding(facts: HypervisorFacts): Finding {
  const { pools, uri } = facts;
  const pool = pools.find(({ name }) => name === 'default');
  if (!pool && imageDirectory(facts) === undefined) {
    const { message, why = '', hint = '' } = noPlaceForImages(uri);
    return bad(message, why, hint);
  }
  if (!pool) return note('there is no storage pool default', 'the first build makes it');
  const unfit = unfitPool(facts, pool);
  if (unfit) return bad(unfit.message, unfit.why ?? '', unfit.hint ?? '');
  return pool.active
    ? ok('storage pool default')
    : note('the storage pool default is inactive', 'a build starts it');
}

function networkFinding(facts: HypervisorFacts): Finding {
  const { networks, privileged, uri } = facts;
  const network = networks.find(({ name }) => name === 'default');
  if (network?.active && (facts.userNetwork !== false || !facts.remote)) return ok('network default');
  if (onXen(facts)) return network ? note(idleNetwork, 'a build starts it') : withoutNetwork(uri);
  const lacking = noUserNetwork(facts);
  if (lacking) return bad(lacking.message, lacking.why ?? '', lacking.hint ?? '');
  if (!privileged) return ok('user networking');
  const instead = 'templates get user networking instead';
  return network
    ? note(idleNetwork, instead, `virsh -c ${shellWord(uri)} net-start default`)
    : note('there is no network default', instead, `virsh -c ${shellWord(uri)} net-list --all`);
}

const idleNetwork = 'the network default is not active';

/** Of Xen, which has no user network. */
const withoutNetwork = (uri: string): Finding =>
  bad(
    'there is no network default',
    'builds need it, or --network with the name of another one',
    `virsh -c ${shellWord(uri)} net-define /usr/share/libvirt/networks/default.xml   # Debian: libvirt-daemon-config-network`,
  );

/** Its guests run on Xen's own hardware virtualisation, or need none. */
const onXen = ({ driver }: HypervisorFacts): boolean => driver === 'Xen';

function kvmFinding(facts: HypervisorFacts): Finding {
  if (!facts.engines.kvm) {
    return note(
      'KVM is not offered',
      'builds run under emulation (TCG), some ten times slower',
      facts.remote ? 'ls -l /dev/kvm   # on that host' : 'ls -l /dev/kvm',
    );
  }
  if (!facts.kvm) return note('KVM is offered', 'whether it works is tried by the first build');
  if (facts.kvm.works) return ok('KVM works');
  return note(
    'KVM does not work here',
    facts.kvm.reason,
    facts.kvm.again
      ? 'ls -l /dev/kvm; dmesg   # the next build tries again'
      : `rm ${probesFile()}   # the next build tries again`,
  );
}
