import type { Release } from '../../src/releases.js';
import type { Appliance } from '../../src/spec/appliance.js';

export function fill(text: string, values: Readonly<Record<string, string>>): string;
export function plainAnswers(o: { mirror: string; proxy: string }): string;
export function ownAnswers(o: { appliance: Appliance; release: Release; proxy: string }): string;
