import { assert } from '../../../domain/errors/assert.ts';
import { hasErrorCode, type SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, SessionId } from '../../../domain/identifiers.ts';
import type { ByteRange, ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { DamagedBlocks } from '../../restore-point.ts';
import { sessionKeyProblem } from '../keys/session-key-problem.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import { pagesFor } from '../../../ports/page-aligned.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { retryUnavailable, type RetryContext } from '../../flow/retry-unavailable.ts';
import { releaseMemory } from '../record/release-memory.ts';
import { planGets, type PlannedGet } from './plan-gets.ts';
import { recordRoomBytes, type SectionRoom, type SectionRooms } from './section-room.ts';
import type { BlockItem, PlainItem, VolumeSection } from './volume-section.ts';

/** A block's record as it is stored, and the keys of the session that wrote it. */
export interface FetchedRecord {
  readonly kind: 'record';
  readonly index: BlockIndex;
  readonly block: BlockItem;
  /** Where it begins in the room of its section; it is as long as `block.ref` says. */
  readonly offset: number;
  readonly room: SectionRoom;
  readonly keys: SessionKeys;
}

export type FetchedItem = PlainItem | FetchedRecord;

export interface FetchContext {
  readonly objectStore: ObjectStore;
  /** @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT */
  readonly sessionKeysOf: (sessionId: SessionId) => Promise<SessionKeys>;
  readonly retry: RetryContext;
  readonly rooms: SectionRooms;
}

/** A get, and where in the room of the section its bytes go. */
interface PlacedGet extends PlannedGet {
  readonly room: SectionRoom;
  readonly begin: number;
}

/**
 * Fetches the records of a section into a room, which is given back when they are decoded. A record
 * that cannot be had becomes damage of its block alone: when a ranged get fails, each of its records
 * is fetched by itself.
 *
 * @throws STORE_UNAVAILABLE after the last retry: that says nothing about what is stored.
 */
export async function fetchSection(
  section: VolumeSection,
  context: FetchContext,
): Promise<readonly FetchedItem[]> {
  const blocks = section.filter((item) => item.kind === 'block');
  if (blocks.length === 0) return section.filter((item) => item.kind !== 'block');
  const room = context.rooms.take();
  const sound = blocks.filter(({ ref }) => ref.lengthBytes <= recordRoomBytes);
  const fetched = new Map<BlockIndex, FetchedItem>();
  await Promise.all(
    placeGets(planGets(sound), room).map(async (get) => {
      for (const item of await fetchRecords(get, context)) {
        fetched.set(item.kind === 'record' ? item.index : firstOf(item), item);
      }
    }),
  );
  const records = fetched.values().filter(({ kind }) => kind === 'record');
  room.recordsLeft = [...records].length;
  context.rooms.release(room, 0);
  return section.map((item) => {
    if (item.kind !== 'block') return item;
    return fetched.get(item.index) ?? damagedBlock(item, 'it is longer than any record can be');
  });
}

function placeGets(gets: readonly PlannedGet[], room: SectionRoom): readonly PlacedGet[] {
  let end = 0;
  return gets.map((get) => {
    const begin = end;
    end += pagesFor(get.range.lengthBytes);
    assert(end <= room.bytes.byteLength, 'the gets of a section fit in its room');
    return { ...get, room, begin };
  });
}

function firstOf(item: PlainItem): BlockIndex {
  return item.kind === 'damage' ? item.firstBlock : item.first;
}

async function fetchRecords(
  get: PlacedGet,
  context: FetchContext,
): Promise<readonly FetchedItem[]> {
  const keys = await keysOrDamage(get, context);
  if ('damage' in keys) return keys.damage;
  const { blocks, range, room, begin } = get;
  const lent = room.bytes.subarray(begin, begin + pagesFor(range.lengthBytes));
  const bytes = await bytesOrError(get.key, range, context, lent);
  if (bytes instanceof Uint8Array) {
    const offset = offsetInRoom(bytes, room, begin) - range.offset;
    return blocks.map((block) => recordOf(block, offset + block.ref.offset, room, keys.keys));
  }
  if (blocks.length === 1 || bytes.code === 'OBJECT_NOT_FOUND') {
    return blocks.map((block) => damagedBlock(block, bytes.message));
  }
  return await Promise.all(
    blocks.map(async (block) => {
      const { offset, lengthBytes } = block.ref;
      const alone = await bytesOrError(get.key, { offset, lengthBytes }, context);
      if (!(alone instanceof Uint8Array)) return damagedBlock(block, alone.message);
      const place = offsetInRoom(alone, room, begin + offset - range.offset);
      return recordOf(block, place, room, keys.keys);
    }),
  );
}

/** Where the bytes are in the room: where the store has put them, or copied to `begin`. */
function offsetInRoom(bytes: Uint8Array, room: SectionRoom, begin: number): number {
  if (bytes.buffer === room.bytes.buffer) return bytes.byteOffset - room.bytes.byteOffset;
  room.bytes.set(bytes, begin);
  releaseMemory(bytes);
  return begin;
}

/** All records of one pack are of one session. */
async function keysOrDamage(
  get: PlannedGet,
  { sessionKeysOf, retry }: FetchContext,
): Promise<{ readonly keys: SessionKeys } | { readonly damage: readonly DamagedBlocks[] }> {
  const sessionId = get.blocks[0]?.ref.pack.sessionId;
  if (sessionId === undefined) return { damage: [] };
  try {
    return { keys: await retryUnavailable(() => sessionKeysOf(sessionId), retry) };
  } catch (error) {
    const reason = sessionKeyProblem(error);
    if (reason === null) throw error;
    const objectKey = sessionKeyKey(sessionId);
    return {
      damage: get.blocks.map((block) => ({
        ...damagedBlock(block, reason),
        objectKey,
        range: null,
      })),
    };
  }
}

async function bytesOrError(
  key: ObjectKey,
  range: ByteRange,
  { objectStore, retry }: FetchContext,
  lent?: Uint8Array,
): Promise<Uint8Array | SnapledgerError> {
  try {
    return await retryUnavailable(() => objectStore.get(key, range, lent), retry);
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}

function isDamage(error: unknown): error is SnapledgerError {
  return hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_RANGE', 'OBJECT_CORRUPT');
}

function recordOf(
  block: BlockItem,
  offset: number,
  room: SectionRoom,
  keys: SessionKeys,
): FetchedRecord {
  return { kind: 'record', index: block.index, block, offset, room, keys };
}

/** Damage of one block whose record is not what it has to be. */
export function damagedBlock({ index, ref }: BlockItem, reason: string): DamagedBlocks {
  return {
    kind: 'damage',
    objectKey: ref.pack.key,
    range: { offset: ref.offset, lengthBytes: ref.lengthBytes },
    firstBlock: index,
    blockCount: 1,
    reason,
  };
}
