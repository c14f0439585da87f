import type { Appliance } from '../spec/appliance.js';
import type { Answer } from './answer.js';
import { plainKeyboard } from './packages.js';

/**
 * Whatever the locale, the installer itself speaks C: on a terminal without fonts localechooser offers C and
 * English only, and ignores a locale whose language it does not offer. Language and country together make it
 * take the locale as it stands; without a country it asks for the place.
 */
export function place(a: Appliance): Answer[] {
  const country = /^[a-z]{2,3}_([A-Z]{2})/.exec(a.locale)?.[1] ?? 'US';
  return [
    ['string', 'debian-installer/language', 'C', 'locale'],
    ['string', 'debian-installer/country', country, 'locale'],
    ['select', 'debian-installer/locale', a.locale, 'locale'],
    // Only lines of another owner than d-i reach the installed system's debconf (post-base-installer.d/05preseed).
    [
      'select',
      'keyboard-configuration/xkb-keymap',
      keymap(a.keyboard),
      'keyboard',
      a.keyboard === plainKeyboard ? 'd-i' : 'keyboard-configuration',
    ],
  ];
}

/** `fr-latin9` is the spec's way, which YAML and shells leave alone, of what d-i calls `fr(latin9)`. */
const keymap = (keyboard: string): string => keyboard.replace(/^([a-z]+)-(.+)$/, '$1($2)');

/** netcfg/hostname wins over the name that DHCP gives; get_hostname keeps the question from being asked. */
export function network(a: Appliance): Answer[] {
  return [
    ['select', 'netcfg/choose_interface', 'auto', 'vapp'],
    ['string', 'netcfg/hostname', a.hostname, 'hostname'],
    ['string', 'netcfg/get_hostname', a.hostname, 'hostname'],
    ['string', 'netcfg/get_domain', a.domain, 'domain'],
    ['boolean', 'hw-detect/load_firmware', 'false', 'vapp'],
    ['text', 'hw-detect/firmware-lookup', 'never', 'vapp'],
  ];
}
