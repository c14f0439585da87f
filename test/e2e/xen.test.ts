import { describeHypervisor } from './on-hypervisor.js';

describeHypervisor('xen', ['xen-pvh', 'xen-pv', 'xen-hvm']);
