import { StrataDefect } from './defect.ts';
import { assertFrameAuthentic, frameLimitBytes, openFrame } from './frame.ts';
import { fromMasterKey, joined, openGcm, u16, uuidBytes } from './keys.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';
import { readWhole } from './object-reader.ts';
import type { ObjectReader } from './object-reader.ts';
import { openSlot, parseSlot, slotParameters } from './slot.ts';
import type { Secret, Slot } from './slot.ts';

/** A slot table whose SHA-256 is right. */
export interface SlotTable {
  readonly key: string;
  readonly bytes: Buffer;
  readonly repositoryId: string;
  readonly epoch: number;
  readonly slots: readonly (Slot & { readonly id: string })[];
  /** A row of 60 bytes for each epoch before. */
  readonly olderMasterKeys: Buffer;
}

/** The table in force: that of the highest number. */
export function findSlotTable(objects: ObjectReader, repositoryId: string): SlotTable | undefined {
  const prefix = `slots/${repositoryId}/`;
  const latest = objects
    .keys()
    .filter((key) => key.startsWith(prefix) && /^[0-9a-f]{8}$/.test(key.slice(prefix.length)))
    .toSorted()
    .at(-1);
  if (latest === undefined) return undefined;
  const bytes = readWhole(objects, latest, frameLimitBytes);
  return parseSlotTable(bytes, latest, repositoryId);
}

/** Reads a table as far as that is possible without a secret. */
export function parseSlotTable(bytes: Buffer, key: string, repositoryId: string): SlotTable {
  const fields = fieldsOf(decodeMsgpack(openFrame(bytes, key, 'SLOTAB'), key), key);
  if (fields.text('repositoryId') !== repositoryId) {
    throw new StrataDefect(key, 'is a table of another repository');
  }
  const number = Number.parseInt(key.slice(-8), 16);
  fields.number('number', number, number);
  for (const feature of fields.list('incompatibleFeatures', 0, 64)) {
    throw new StrataDefect(key, `needs ${JSON.stringify(feature)}, which is not known here`);
  }
  fields.list('compatibleFeatures', 0, 64);
  fields.number('createdAt', 0, Number.MAX_SAFE_INTEGER);
  fields.number('epochSince', 0, Number.MAX_SAFE_INTEGER);
  const epoch = fields.number('epoch', 0, 255);
  const slots = fields.list('slots', 1, 16).map((slot, index) => {
    const where = `${key} slot ${index}`;
    const of = fieldsOf(slot, where);
    const id = of.text('id');
    if (!/^[0-9a-f]{8}$/.test(id)) throw new StrataDefect(where, 'has an id of another form');
    const label = of.text('label');
    if (label.length > 64 || /\p{Cc}/u.test(label)) throw new StrataDefect(where, 'has no label');
    of.number('createdAt', 0, Number.MAX_SAFE_INTEGER);
    return { id, ...parseSlot(of, where, ['passphrase', 'recovery-key']) };
  });
  const olderMasterKeys = fields.bytes('olderMasterKeys', 60 * epoch);
  fields.rows('changeIds', 16, 64);
  return { key, bytes, repositoryId, epoch, slots, olderMasterKeys };
}

/** The master keys by their epoch. Throws a defect where no slot opens. */
export function unlockSlotTable(table: SlotTable, secret: Secret): readonly Buffer[] {
  const repositoryId = uuidBytes(table.repositoryId);
  for (const slot of table.slots) {
    const aad = joined(
      'snapledger/strata/1/table-slot',
      repositoryId,
      u16(table.epoch),
      slot.id,
      slot.argon2 === undefined ? 2 : 1,
      slotParameters(slot),
    );
    const newest = openSlot(slot, secret, aad);
    if (newest === undefined) continue;
    assertFrameAuthentic(table.bytes, table.key, fromMasterKey(newest, repositoryId, 'slot-table'));
    return [...olderMasterKeysOf(table, newest), newest];
  }
  throw new StrataDefect(table.key, `no key slot opens with this ${secret.kind}`);
}

function olderMasterKeysOf(table: SlotTable, newest: Buffer): readonly Buffer[] {
  const repositoryId = uuidBytes(table.repositoryId);
  return Array.from({ length: table.epoch }, (_, epoch) => {
    const row = table.olderMasterKeys.subarray(60 * epoch, 60 * (epoch + 1));
    const masterKey = openGcm({
      key: fromMasterKey(newest, repositoryId, 'older-master-keys'),
      nonce: row.subarray(0, 12),
      aad: joined(
        'snapledger/strata/1/older-master-key',
        repositoryId,
        u16(epoch),
        u16(table.epoch),
      ),
      ciphertext: row.subarray(12, 44),
      tag: row.subarray(44),
    });
    if (masterKey === undefined) throw new StrataDefect(table.key, `has no master key ${epoch}`);
    return masterKey;
  });
}
