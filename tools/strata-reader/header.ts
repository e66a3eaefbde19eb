import { StrataDefect } from './defect.ts';
import { assertFrameAuthentic, frameLimitBytes, openFrame } from './frame.ts';
import { isUuid, joined, repositoryKeys, uuidBytes } from './keys.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';
import { readWhole } from './object-reader.ts';
import type { ObjectReader } from './object-reader.ts';
import { openSlot, parseSlot, secretOf, slotParameters } from './slot.ts';
import type { Secret, Slot } from './slot.ts';
import { findSlotTable, unlockSlotTable } from './slot-table.ts';

/** Where the header is. */
export const headerKey = 'strata';

/** A header whose SHA-256 is right. */
export interface Header {
  readonly repositoryId: string;
  /** None where they are in slot tables. */
  readonly slots: readonly Slot[];
  readonly bytes: Buffer;
}

/** Reads the header as far as that is possible without a passphrase. */
export function parseHeader(bytes: Buffer): Header {
  const where = headerKey;
  const fields = fieldsOf(decodeMsgpack(openFrame(bytes, where, 'STRATA'), where), where);
  const repositoryId = fields.text('repositoryId');
  if (!isUuid(repositoryId)) throw new StrataDefect(where, 'repositoryId is not a UUID');
  fields.number('createdAt', 0, Number.MAX_SAFE_INTEGER);
  fields.list('compatibleFeatures', 0, 64);
  const features = fields.list('incompatibleFeatures', 0, 64);
  for (const feature of features) {
    if (feature === 'slot-tables' || feature === 'relocations') continue;
    throw new StrataDefect(where, `needs ${JSON.stringify(feature)}, which is not known here`);
  }
  const hasTables = features.includes('slot-tables');
  const slots = fields.list('slots', hasTables ? 0 : 1, hasTables ? 0 : 16).map((slot, index) => {
    const name = `${where} slot ${index}`;
    return parseSlot(fieldsOf(slot, name), name, ['passphrase']);
  });
  return { repositoryId, slots, bytes };
}

/** The master keys of a repository by their epoch; opened with a passphrase or a recovery key. */
export function unlockRepository(
  objects: ObjectReader,
  header: Header,
  text: string,
): readonly Buffer[] {
  const secret = secretOf(text);
  const table = findSlotTable(objects, header.repositoryId);
  const masterKeys =
    table === undefined ? [unlockHeaderSlot(header, secret)] : unlockSlotTable(table, secret);
  const [first] = masterKeys;
  if (first === undefined) throw new StrataDefect(headerKey, 'has no master key');
  assertAuthentic(header, repositoryKeys(first, uuidBytes(header.repositoryId)).header);
  return masterKeys;
}

/** Reads the header of a repository. */
export function readHeader(objects: ObjectReader): Header {
  return parseHeader(readWhole(objects, headerKey, frameLimitBytes));
}

/** The master key in a slot of the header itself. */
export function unlockHeaderSlot(header: Header, secret: Secret): Buffer {
  if (header.slots.length === 0) throw new StrataDefect(headerKey, 'has no slots, nor a table');
  for (const slot of header.slots) {
    const aad = joined(
      'snapledger/strata/1/key-slot',
      uuidBytes(header.repositoryId),
      slotParameters(slot),
    );
    const masterKey = openSlot(slot, secret, aad);
    if (masterKey !== undefined) return masterKey;
  }
  throw new StrataDefect(headerKey, `no key slot opens with this ${secret.kind}`);
}

/** Checks the HMAC of a header. Throws a defect where somebody without the key made it. */
export function assertAuthentic(header: Header, headerMacKey: Buffer): void {
  assertFrameAuthentic(header.bytes, headerKey, headerMacKey);
}
