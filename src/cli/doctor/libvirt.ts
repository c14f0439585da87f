import { hypervisorFacts } from '../../build/host.js';
import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import { bad, type Finding, note, ok } from './check.js';

/** Connects, or says why not. */
export async function checkConnection(
  open: () => Promise<Connection>,
): Promise<{ finding: Finding; connection?: Connection }> {
  try {
    const connection = await open();
    const version = await connection.libVersion();
    return { connection, finding: ok(`libvirt ${version} answers at ${connection.uri}`) };
  } catch (error) {
    const hint = error instanceof VappError ? error.hint : undefined;
    return {
      finding: bad(
        'no libvirt daemon answers',
        error instanceof Error ? error.message : String(error),
        hint ?? 'systemctl start libvirtd   # without systemd: virtlogd -d; libvirtd -d',
      ),
    };
  }
}

/** Engines, pool and network of the host. */
export async function checkHypervisor(connection: Connection): Promise<Finding[]> {
  const facts = await hypervisorFacts(connection);
  const engines = Object.keys(facts.engines);
  const findings: Finding[] = [
    engines.length > 0
      ? ok(`engines: ${engines.join(', ')}`)
      : bad(
          'libvirt offers no engine',
          `the ${facts.driver} driver lists no guest`,
          'apt-get install qemu-system-x86',
        ),
  ];
  findings.push(kvmFinding(facts));
  const pool = facts.pools.find(({ name }) => name === 'default');
  if (!pool) findings.push(note('there is no storage pool default', 'the first build makes it'));
  else if (!pool.active) findings.push(note('the storage pool default is inactive', 'a build starts it'));
  else findings.push(ok('storage pool default'));
  const network = facts.networks.find(({ name }) => name === 'default');
  findings.push(
    network?.active || !facts.privileged
      ? ok(network?.active ? 'network default' : 'user networking')
      : note(
          'the network default is not active',
          'templates get user networking instead',
          `virsh -c ${connection.uri} net-start default`,
        ),
  );
  return findings;
}

function kvmFinding(facts: Awaited<ReturnType<typeof hypervisorFacts>>): Finding {
  if (!facts.engines.kvm) {
    return note(
      'KVM is not offered',
      'builds run under emulation (TCG), some ten times slower',
      'ls -l /dev/kvm',
    );
  }
  if (!facts.kvm) return note('KVM is offered', 'whether it works is tried by the first build');
  return facts.kvm.works ? ok('KVM works') : note('KVM does not work here', facts.kvm.reason);
}
