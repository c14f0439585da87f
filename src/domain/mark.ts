import type { Plan } from '../plan/plan.js';
import { setMetadata, setOsinfo } from './metadata.js';
import { osinfoOf } from './setters.js';
import type { XmlElement } from './xml.js';

/** Marks a domain as made by the build of a plan, and names its operating system. */
export function setBuildMetadata(domain: XmlElement, plan: Plan): void {
  const { appliance, os } = plan.appliance;
  const osinfo = osinfoOf(plan);
  if (osinfo) setOsinfo(domain, osinfo);
  setMetadata(domain, { kind: 'build', build: plan.build, appliance, os });
}
