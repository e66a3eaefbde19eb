import type { RepositoryId, TimestampMs } from '../../../domain/identifiers.ts';
import { encodeMsgpack, type Storable } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { readFeatures, tooNew } from '../header/repository-header.ts';
import { type KeySlot, lockParameters, type SlotLock } from '../../keys/key-slot.ts';
import { deriveFromMasterKey } from '../keys/repository-keys.ts';
import {
  encodeFrame,
  frameContentOf,
  frameMagicSizeBytes,
  frameMaxSizeBytes,
  frameOverheadBytes,
  frameVersionOf,
  hasFrameDigest,
  isFrameAuthentic,
} from '../object/authenticated-frame.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { slotTableKey } from '../object/object-keys.ts';
import { sealedMasterKeySizeBytes } from './older-master-keys.ts';
import { readSlot } from './slot-fields.ts';

/** All that opens a repository at one time. Only the table with the highest number counts. */
export interface SlotTable {
  readonly repositoryId: RepositoryId;
  /** From 1 on. */
  readonly number: number;
  readonly createdAt: TimestampMs;
  /** Which master key is in the slots: 0 is the first, each rotation makes one more. */
  readonly epoch: number;
  /** When that master key was made. */
  readonly epochSince: TimestampMs;
  readonly slots: readonly TableSlot[];
  /** The master keys of the epochs before, each sealed under the one in the slots. */
  readonly olderMasterKeys: readonly Uint8Array[];
  /** Random ids of the last changes, that of this table last; none in the first table. */
  readonly changeIds: readonly Uint8Array[];
}

export interface TableSlot extends KeySlot {
  /** 8 hexadecimal digits, random; not used again. */
  readonly id: string;
  /** What people call it. */
  readonly label: string;
  readonly createdAt: TimestampMs;
}

export const slotTableLimits = {
  slotsMax: 16,
  /** Rotations are rare; their sealed keys have to fit into the 64 KiB of a table. */
  epochMax: 255,
  labelMaxLength: 64,
  /** Who slept while more changes than these were made no longer finds its own. */
  changeIdsMax: 64,
} as const;

export const changeIdSizeBytes = 16;

export const slotIdPattern = /^[0-9a-f]{8}$/;
const magic = 'SLOTAB';
const version = 1;
const aadLabel = 'snapledger/strata/1/table-slot';
const kindNumbers: Readonly<Record<SlotLock['kind'], number>> = {
  passphrase: 1,
  'recovery-key': 2,
};

/** What a slot of a table is bound to: docs/strata.md, "Slot table". */
export function tableSlotAad(
  { repositoryId, epoch }: Pick<SlotTable, 'repositoryId' | 'epoch'>,
  slotId: string,
  lock: SlotLock,
): Uint8Array {
  const epochBytes = Buffer.alloc(2);
  epochBytes.writeUInt16LE(epoch);
  return Buffer.concat([
    Buffer.from(aadLabel, 'ascii'),
    uuidToBytes(repositoryId),
    epochBytes,
    Buffer.from(slotId, 'ascii'),
    Uint8Array.of(kindNumbers[lock.kind]),
    lockParameters(lock),
  ]);
}

/** K_table: authenticates the tables of the epoch of `masterKey`. */
export function slotTableMacKey(masterKey: Uint8Array, repositoryId: RepositoryId): Uint8Array {
  return deriveFromMasterKey(masterKey, uuidToBytes(repositoryId), 'slot-table');
}

/** The bytes of a table; `masterKey` is the one in its slots. */
export function encodeSlotTable(table: SlotTable, masterKey: Uint8Array): Uint8Array {
  const { repositoryId, number, createdAt, epoch, epochSince, slots } = table;
  const content = encodeMsgpack({
    repositoryId,
    number,
    createdAt,
    epoch,
    epochSince,
    incompatibleFeatures: [],
    compatibleFeatures: [],
    slots: slots.map(storedSlot),
    olderMasterKeys: Buffer.concat(table.olderMasterKeys),
    changeIds: Buffer.concat(table.changeIds),
  });
  return encodeFrame(magic, version, content, slotTableMacKey(masterKey, repositoryId));
}

function storedSlot({ id, label, createdAt, lock, ...slot }: TableSlot): Storable {
  const { salt, nonce, wrappedMasterKey } = slot;
  const wrapping = { salt, nonce, wrappedMasterKey };
  if (lock.kind === 'recovery-key') return { kind: lock.kind, id, label, createdAt, ...wrapping };
  const kdf = { kdf: 'argon2id', ...lock.argon2 };
  return { kind: lock.kind, id, label, createdAt, ...kdf, ...wrapping };
}

/** A table that is whole, but not authenticated yet. */
export interface ReadSlotTable extends SlotTable {
  /** @throws OBJECT_CORRUPT when somebody without the master key of its slots made it. */
  readonly authenticate: (masterKey: Uint8Array) => void;
  /** The same by K_table of its epoch, for who does not have the master key itself. */
  readonly isAuthentic: (slotTableKey: Uint8Array) => boolean;
}

/** @throws OBJECT_CORRUPT, REPOSITORY_VERSION */
export function readSlotTable(
  bytes: Uint8Array,
  repositoryId: RepositoryId,
  number: number,
): ReadSlotTable {
  const location = { objectKey: slotTableKey(repositoryId, number) };
  if (bytes.length < frameOverheadBytes || bytes.length > frameMaxSizeBytes) {
    throw objectCorrupt(location, 'it does not have the size of a table of key slots');
  }
  if (!hasFrameDigest(bytes)) {
    throw objectCorrupt(location, 'the table of key slots does not have its checksum');
  }
  if (!Buffer.from(magic, 'ascii').equals(bytes.subarray(0, frameMagicSizeBytes))) {
    throw objectCorrupt(location, 'it is not a table of key slots');
  }
  if (frameVersionOf(bytes) !== version) {
    throw tooNew(`version ${frameVersionOf(bytes)} of the table of key slots`);
  }
  const fields = StoredFields.decode(frameContentOf(bytes), location);
  readFeatures(fields, new Set());
  if (fields.uuid('repositoryId') !== repositoryId || fields.count('number') !== number) {
    throw objectCorrupt(location, 'it is the table of another repository, or of another number');
  }
  return {
    ...readTable(fields, repositoryId, number),
    isAuthentic: (tableKey) => isFrameAuthentic(bytes, tableKey),
    authenticate: (masterKey) => {
      if (isFrameAuthentic(bytes, slotTableMacKey(masterKey, repositoryId))) return;
      throw objectCorrupt(location, 'the table of key slots is not authentic');
    },
  };
}

function readTable(fields: StoredFields, repositoryId: RepositoryId, number: number): SlotTable {
  const epoch = fields.count('epoch', { max: slotTableLimits.epochMax });
  const slots = fields.maps('slots', slotTableLimits.slotsMax).map(readTableSlot);
  if (slots.length === 0) throw fields.refuse('slots', 'is empty');
  const olderMasterKeys = fields.rows('olderMasterKeys', sealedMasterKeySizeBytes);
  if (olderMasterKeys.length !== epoch) {
    throw fields.refuse('olderMasterKeys', 'does not have one key for each epoch before');
  }
  const changeIds = fields.rows('changeIds', changeIdSizeBytes);
  if (changeIds.length > slotTableLimits.changeIdsMax) {
    throw fields.refuse('changeIds', `has more than ${slotTableLimits.changeIdsMax} ids`);
  }
  return {
    repositoryId,
    number,
    epoch,
    slots,
    olderMasterKeys,
    changeIds,
    createdAt: fields.count('createdAt') as TimestampMs,
    epochSince: fields.count('epochSince') as TimestampMs,
  };
}

function readTableSlot(fields: StoredFields): TableSlot {
  const id = fields.text('id');
  if (!slotIdPattern.test(id)) throw fields.refuse('id', 'is not 8 hexadecimal digits');
  const label = fields.text('label');
  if (!isSlotLabel(label)) throw fields.refuse('label', 'is not a label');
  return { id, label, createdAt: fields.count('createdAt') as TimestampMs, ...readSlot(fields) };
}

/** Whether a text can be the label of a slot: one line, not too long. */
export function isSlotLabel(label: string): boolean {
  return (
    label.length >= 1 && label.length <= slotTableLimits.labelMaxLength && !/\p{Cc}/u.test(label)
  );
}
