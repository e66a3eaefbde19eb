import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { TransferPlanRef } from '../../transfer-plan.ts';
import type { ImagePart } from '../image/image-description.ts';
import { decodeEntry, encodeEntries, entryCountOf, type IndexEntry } from '../image/index-entry.ts';
import type { Envelope } from '../object/envelope.ts';
import { objectIfAny } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';

/** What a worker says of planned blocks whose data is durable. */
export interface StoredSegment {
  readonly firstPlanned: number;
  readonly endPlanned: number;
  readonly counts: TransferCounts;
  /** The part that holds its records, as number 0; null: it has none. */
  readonly part: ImagePart | null;
  /** What the blocks are, in the order of the plan. */
  readonly entries: Iterable<IndexEntry>;
}

/** The length of the JSON, the JSON, and the entries. */
export function encodeSegment({
  entries,
  ...head
}: Omit<StoredSegment, 'entries'> & { readonly entries: readonly IndexEntry[] }): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, encodeEntries(entries)]);
}

/** Null when it was not posted. @throws OBJECT_CORRUPT */
export async function readSegment(
  objectStore: ObjectStore,
  envelope: Envelope,
  plan: TransferPlanRef,
  attempt: number,
  number: number,
): Promise<StoredSegment | null> {
  const key = objectKeys.segment(plan, attempt, number);
  const bytes = await objectIfAny(objectStore, key);
  return bytes === null ? null : decodeSegment(key, envelope.unwrap(key, bytes));
}

function decodeSegment(key: ObjectKey, bytes: Uint8Array): StoredSegment {
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE();
  const json = Buffer.from(bytes.subarray(4, 4 + length)).toString('utf8');
  const head = JSON.parse(json) as Omit<StoredSegment, 'entries'>;
  return { ...head, entries: entriesOf(key, bytes.subarray(4 + length)) };
}

function* entriesOf(key: ObjectKey, bytes: Uint8Array): Generator<IndexEntry> {
  for (let number = 0; number < entryCountOf(bytes); number += 1) {
    yield decodeEntry(bytes, number, (reason) => corrupt(key, reason));
  }
}
