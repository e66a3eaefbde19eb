import { StrataDefect } from './defect.ts';
import { joined, openGcm, uuidBytes } from './keys.ts';
import { readWhole } from './object-reader.ts';
import type { ObjectReader } from './object-reader.ts';

/** The kinds of sealed objects. */
export const sealedKind = {
  sessionKey: 1,
  manifest: 2,
  tombstone: 3,
  planPage: 4,
  segment: 5,
  session: 6,
  planSummary: 7,
  removalMark: 8,
  generation: 9,
  relocation: 10,
  relocationClaim: 11,
} as const;

const contentLimitBytes = 16 * 1024 * 1024;
const headerBytes = 20;
const tagBytes = 16;

/** Opens a sealed object of one of `kinds`, and says of which. */
export function openSealed<K extends number>(
  objects: ObjectReader,
  key: string,
  how: {
    readonly repositoryId: string;
    /** One key for each epoch, or the only one. */
    readonly sealKey: Buffer | readonly Buffer[];
    readonly kinds: readonly K[];
  },
): { readonly kind: K; readonly content: Buffer } {
  const bytes = readWhole(objects, key, headerBytes + contentLimitBytes + tagBytes);
  if (bytes.length < headerBytes + tagBytes) {
    throw new StrataDefect(key, 'is too short for a sealed object');
  }
  if (bytes.toString('latin1', 0, 4) !== 'SLSB') {
    throw new StrataDefect(key, 'is not a sealed object');
  }
  if (bytes[4] !== 1) throw new StrataDefect(key, `has version ${bytes[4] ?? ''}, not 1`);
  const kind = how.kinds.find((known) => known === bytes[5]);
  if (kind === undefined) {
    throw new StrataDefect(key, `is of kind ${bytes[5] ?? ''}, which has no place here`);
  }
  const epoch = bytes.readUInt16LE(6);
  const sealKey = Buffer.isBuffer(how.sealKey) ? [how.sealKey][epoch] : how.sealKey[epoch];
  if (sealKey === undefined) throw new StrataDefect(key, `is of epoch ${epoch}, without a key`);
  const content = openGcm({
    key: sealKey,
    nonce: bytes.subarray(8, headerBytes),
    aad: joined('snapledger/strata/1', uuidBytes(how.repositoryId), kind, key),
    ciphertext: bytes.subarray(headerBytes, -tagBytes),
    tag: bytes.subarray(-tagBytes),
  });
  if (content === undefined) {
    throw new StrataDefect(key, 'is damaged, was changed, or belongs to another place');
  }
  return { kind, content };
}
