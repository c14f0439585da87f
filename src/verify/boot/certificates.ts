import { X509Certificate } from 'node:crypto';

/** A DER element: its tag, and where it, its content and the next element begin. */
interface Element {
  tag: number;
  start: number;
  from: number;
  to: number;
}

const sequence = 0x30;
const firstContext = 0xa0;

/**
 * Common names of the certificates in a PKCS #7 signature (RFC 2315): ContentInfo { type, [0] SignedData { version,
 * digests, content, [0] certificates, … } }. Empty for what cannot be read.
 */
export function certificateNames(signature: Buffer): string[] {
  const info = elementsIn(signature, { from: 0, to: signature.length })[0];
  const wrapper = info && elementsIn(signature, info).find(({ tag }) => tag === firstContext);
  const signed = wrapper && elementsIn(signature, wrapper)[0];
  const certificates = signed && elementsIn(signature, signed).find(({ tag }) => tag === firstContext);
  if (!certificates) return [];
  return elementsIn(signature, certificates).flatMap(({ tag, start, to }) =>
    tag === sequence ? (commonName(signature.subarray(start, to)) ?? []) : [],
  );
}

function commonName(der: Buffer): string | undefined {
  try {
    return /^CN=(.*)$/m.exec(new X509Certificate(der).subject)?.[1];
  } catch {
    return undefined;
  }
}

/** The elements between two offsets, up to the first that does not fit. */
function elementsIn(bytes: Buffer, { from, to }: Pick<Element, 'from' | 'to'>): Element[] {
  const found: Element[] = [];
  for (let at = from; at + 2 <= to; ) {
    const first = bytes[at + 1]!;
    const more = first < 0x80 ? 0 : first - 0x80;
    // 0x80 alone would be a length that is not known before, which DER does not have.
    if (first === 0x80 || more > 4 || at + 2 + more > to) break;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const content = at + 2 + more;
    if (content + length > to) break;
    found.push({ tag: bytes[at]!, start: at, from: content, to: content + length });
    at = content + length;
  }
  return found;
}
