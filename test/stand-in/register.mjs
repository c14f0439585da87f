// Puts the stand-in into vapp: node --import …/register.mjs dist/cli/main.js …, for every process that vapp starts, too.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
