import { loadTemplate } from '../../domain/index.js';
import type { Kit } from '../../installer/index.js';
import type { Pool } from '../../libvirt/index.js';
import { makePlan, noUserNetwork } from '../../plan/index.js';
import type { HypervisorFacts, Plan } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import { ensureNetwork, tellIdleNetwork, warnOfSpace } from '../host/checks.js';
import { hypervisorFacts } from '../host/host.js';
import { probeKvm } from '../host/probe.js';
import { openRoute, type ProxyRoute } from '../host/proxy-route.js';
import { imageDirectory } from '../host/xml.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { ensurePool, uploadFile } from '../storage.js';

export interface Settled {
  plan: Plan;
  pool: Pool;
  /** Path of the kernel on the libvirt host. */
  kernelPath: string;
}

export interface ReadyHost {
  facts: HypervisorFacts;
  /** All of the plan but the engine, which may depend on a probe. */
  draft: Plan;
  pool: Pool;
  route: ProxyRoute;
}

/**
 * Finds out what the host offers, before anything is downloaded: a wrong pool, network or domain template, or an engine or user
 * network that it lacks, ends the build here.
 */
export async function readyHost(context: BuildContext): Promise<ReadyHost> {
  const { connection, emit } = context;
  const { facts, draft } = await draftPlan(context);
  const lacking = noUserNetwork(facts, draft.network);
  if (lacking) throw lacking;
  const network = draft.network.installer;
  // A forward listens on the host's address in the network, which an inactive one has not.
  await ensureNetwork(connection, network, emit);
  const route = await openRoute(context, facts, network);
  await ensureNetwork(connection, draft.network.final, emit);
  tellIdleNetwork(facts, draft.network.final, emit);
  return { facts, draft, pool: await readyPool(context, facts, draft), route };
}

/** What the host offers, and all of the plan but the engine. Throws what makePlan throws, VAPP_DOMAIN_TEMPLATE. */
export async function draftPlan(context: BuildContext): Promise<Pick<ReadyHost, 'facts' | 'draft'>> {
  const facts = await hypervisorFacts(context.connection);
  // A probe of an earlier kernel decides nothing yet.
  const untried = { ...facts, kvm: undefined };
  const draft = planFor(context, untried);
  loadTemplate(draft.engine, context.options.domainTemplate);
  return { facts, draft };
}

/** The plan's pool, active. */
export async function readyPool(
  { connection, emit }: Pick<BuildContext, 'connection' | 'emit'>,
  facts: HypervisorFacts,
  draft: Plan,
): Promise<Pool> {
  const directory = imageDirectory(facts);
  const pool = await ensurePool(connection, { name: draft.pool.name, directory, emit });
  await warnOfSpace(pool, facts.uri, emit);
  return pool;
}

/** Uploads the kernel, tries with it whether KVM works, and so fixes the plan. */
export async function settle(
  context: BuildContext,
  { facts, draft, pool }: Pick<ReadyHost, 'facts' | 'draft' | 'pool'>,
  kit: Pick<Kit, 'kernel' | 'kernelVersion'>,
): Promise<Settled> {
  const kernelPath = await uploadFile(context, {
    pool,
    poolName: draft.pool.name,
    name: draft.names.kernel,
    file: kit.kernel,
  });
  const plan = planFor(
    context,
    await withProbe(context, facts, { path: kernelPath, version: kit.kernelVersion }),
  );
  context.emit({ type: 'notice', text: `engine ${plan.engine}: ${plan.engineReason}` });
  writeBuildFile(context.directory, buildFiles.plan, JSON.stringify(plan, null, 2));
  return { plan, pool, kernelPath };
}

function planFor(context: BuildContext, facts: HypervisorFacts): Plan {
  const { pool, network, name, proxyAddress } = context.options;
  return makePlan(context.resolved.appliance, facts, {
    build: context.id,
    ...(pool && { pool }),
    ...(network && { network }),
    ...(name && { name }),
    ...(proxyAddress && { proxyAddress }),
  });
}

/** Asks the probe only where the answer matters: KVM is offered, and the spec does not name another engine. */
async function withProbe(
  context: BuildContext,
  facts: HypervisorFacts,
  kernel: { path: string; version: string },
): Promise<HypervisorFacts> {
  const choice = context.resolved.appliance.hypervisor;
  if (!facts.engines.kvm || (choice !== 'auto' && choice !== 'kvm')) return facts;
  return { ...facts, kvm: await probeKvm(context, facts, kernel) };
}
