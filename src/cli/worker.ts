// The process of one detached build, started by detach.ts.
import { serveBuild } from './serve-build.js';

await serveBuild();
