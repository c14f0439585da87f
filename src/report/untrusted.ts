/** C0 (but tab), DEL, C1 and the characters that reorder text on a screen (Unicode bidi controls, TR 36). */
const controls = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// ECMA-48: CSI, OSC/DCS/APC strings up to their terminator, and two-character escapes.
const escapes =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g;

/** One line of text from a guest, a mirror or a spec without anything that a terminal would obey. */
export const cleanLine = (text: string): string =>
  redactUrls(text.replace(escapes, '').replace(controls, ''));

/** Puts a blank in the place of each control character and tab, so that columns still fit. */
export const blankControls = (text: string): string => text.replace(controls, ' ').replaceAll('\t', ' ');

/** Like cleanLine for text of several lines. */
export const cleanText = (text: string): string => text.split(/\r?\n/).map(cleanLine).join('\n');

const userinfo = /(\b[a-z][a-z0-9+.-]*:\/\/)([^\s/?#@]*(?:@[^\s/?#@]*)*)@/gi;

/** libvirt over ssh: whom it logs in as is no secret, and without it the URI is no use to anybody. */
const isLogin = (scheme: string, secret: string): boolean =>
  /^[a-z]+\+(?:ssh|libssh2?):\/\/$/i.test(scheme) && /^[^:@]*$/.test(secret);

/**
 * Hides user name and password of URLs: `http://user:secret@host/` becomes `http://•••@host/`. A user alone stays in
 * libvirt's URIs over ssh, `qemu+ssh://root@host/system`.
 */
export const redactUrls = (text: string): string =>
  text.replace(userinfo, (all: string, scheme: string, secret: string) =>
    isLogin(scheme, secret) ? all : `${scheme}•••@`,
  );

/** The same, but each hidden character stays one character, so that columns still fit. */
export const maskUrls = (text: string): string =>
  text.replace(userinfo, (all: string, scheme: string, secret: string) =>
    isLogin(scheme, secret) ? all : `${scheme}${'•'.repeat(secret.length)}@`,
  );
