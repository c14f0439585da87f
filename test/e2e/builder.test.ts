import { describeBuilderAppliance } from './builder-appliance.js';
import { describeBuilderInLab } from './builder-in-lab.js';

if (process.env.VAPP_E2E_FORM === 'short') describeBuilderInLab();
else describeBuilderAppliance();
