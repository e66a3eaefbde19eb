import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import {
  type ObjectKey,
  objectStoreLimits,
  type ObjectStore,
} from '../../../ports/object-store.ts';
import type { TransferPlanRef } from '../../transfer-plan.ts';
import type { ImagePart } from '../image/image-description.ts';
import { decodeEntry, encodeEntries, entryCountOf, type IndexEntry } from '../image/index-entry.ts';
import type { Envelope } from '../object/envelope.ts';
import { JsonFields } from '../object/json-fields.ts';
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

const lengthBytes = 4;

/** The length of the JSON, the JSON, and the entries. */
export function encodeSegment({
  entries,
  ...head
}: Omit<StoredSegment, 'entries'> & { readonly entries: readonly IndexEntry[] }): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(lengthBytes);
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
  return bytes === null ? null : decodeSegment(plan, key, envelope.unwrap(key, bytes));
}

/** Who has stolen a worker can make one: it is authentic, and can say anything. */
function decodeSegment(
  { sessionId }: TransferPlanRef,
  key: ObjectKey,
  bytes: Uint8Array,
): StoredSegment {
  const refuse = (reason: string): Error => corrupt(key, reason);
  if (bytes.length < lengthBytes) throw refuse('it has no beginning');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = lengthBytes + view.getUint32(0, true);
  const json = Buffer.from(bytes.subarray(lengthBytes, end)).toString('utf8');
  const head = JsonFields.parse(json, refuse);
  return {
    firstPlanned: head.count('firstPlanned'),
    endPlanned: head.count('endPlanned'),
    counts: countsOf(head.map('counts')),
    part: partOf(head.mapOrNull('part'), sessionId, refuse),
    entries: entriesOf(key, bytes.subarray(end)),
  };
}

function countsOf(fields: JsonFields): TransferCounts {
  return {
    blocksRead: fields.count('blocksRead'),
    blocksUnchanged: fields.count('blocksUnchanged'),
    blocksZero: fields.count('blocksZero'),
    blocksDeduplicated: fields.count('blocksDeduplicated'),
    blocksStored: fields.count('blocksStored'),
    bytesRead: fields.count('bytesRead'),
    bytesStored: fields.count('bytesStored'),
  };
}

function partOf(
  fields: JsonFields | null,
  sessionId: SessionId,
  refuse: (reason: string) => Error,
): ImagePart | null {
  if (fields === null) return null;
  const key = fields.text('key');
  if (!key.startsWith(objectKeys.parts(sessionId))) throw refuse("its part is another session's");
  return {
    key: key as ObjectKey,
    sizeBytes: fields.count('sizeBytes', objectStoreLimits.objectMaxBytes),
    records: fields.count('records'),
  };
}

function* entriesOf(key: ObjectKey, bytes: Uint8Array): Generator<IndexEntry> {
  for (let number = 0; number < entryCountOf(bytes); number += 1) {
    yield decodeEntry(bytes, number, (reason) => corrupt(key, reason));
  }
}
