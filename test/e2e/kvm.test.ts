import { describeHypervisor } from './on-hypervisor.js';

describeHypervisor('kvm', ['kvm']);
