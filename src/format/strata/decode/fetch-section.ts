import { hasErrorCode, type SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex, SessionId } from '../../../domain/identifiers.ts';
import type { ByteRange, ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { DamagedBlocks } from '../../restore-point.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import { sessionKeyKey } from '../object/object-keys.ts';
import { retryUnavailable, type RetryContext } from '../transfer/retry-unavailable.ts';
import { planGets, type PlannedGet } from './plan-gets.ts';
import type { BlockItem, PlainItem, VolumeSection } from './volume-section.ts';

/** A block's record as it is stored, and the keys of the session that wrote it. */
export interface FetchedRecord {
  readonly kind: 'record';
  readonly index: BlockIndex;
  readonly block: BlockItem;
  readonly bytes: Uint8Array;
  readonly keys: SessionKeys;
  /** What was fetched together with it. */
  readonly range: FetchedRange;
}

/** The bytes of one ranged get. */
export interface FetchedRange {
  readonly bytes: Uint8Array;
  /** Records in it that nobody has taken yet. */
  recordsLeft: number;
}

export type FetchedItem = PlainItem | FetchedRecord;

export interface FetchContext {
  readonly objectStore: ObjectStore;
  /** @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT */
  readonly sessionKeysOf: (sessionId: SessionId) => Promise<SessionKeys>;
  readonly retry: RetryContext;
}

/**
 * Fetches the records of a section. A record that cannot be had becomes damage of its block
 * alone: when a ranged get fails, each of its records is fetched by itself.
 *
 * @throws STORE_UNAVAILABLE after the last retry: that says nothing about what is stored.
 */
export async function fetchSection(
  section: VolumeSection,
  context: FetchContext,
): Promise<readonly FetchedItem[]> {
  const blocks = section.filter((item) => item.kind === 'block');
  const fetched = new Map<BlockIndex, FetchedItem>();
  await Promise.all(
    planGets(blocks).map(async (get) => {
      for (const item of await fetchRecords(get, context)) {
        fetched.set(item.kind === 'record' ? item.index : firstOf(item), item);
      }
    }),
  );
  return section.map((item) => {
    if (item.kind !== 'block') return item;
    return fetched.get(item.index) ?? damagedBlock(item, 'it was not fetched');
  });
}

function firstOf(item: PlainItem): BlockIndex {
  return item.kind === 'damage' ? item.firstBlock : item.first;
}

async function fetchRecords(
  get: PlannedGet,
  context: FetchContext,
): Promise<readonly FetchedItem[]> {
  const keys = await keysOrDamage(get, context);
  if ('damage' in keys) return keys.damage;
  const bytes = await bytesOrError(get.key, get.range, context);
  if (bytes instanceof Uint8Array) return recordsOf(get, bytes, keys.keys);
  if (get.blocks.length === 1 || bytes.code === 'OBJECT_NOT_FOUND') {
    return get.blocks.map((block) => damagedBlock(block, bytes.message));
  }
  const alone = await Promise.all(
    get.blocks.map(async (block) => {
      const { offset, lengthBytes } = block.ref;
      const range = { offset, lengthBytes };
      const alone = await bytesOrError(get.key, range, context);
      return alone instanceof Uint8Array
        ? recordsOf({ key: get.key, range, blocks: [block] }, alone, keys.keys)
        : [damagedBlock(block, alone.message)];
    }),
  );
  return alone.flat();
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
    if (!isDamage(error)) throw error;
    const objectKey = sessionKeyKey(sessionId);
    const reason = `the key of the session that wrote it cannot be read: ${error.message}`;
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
): Promise<Uint8Array | SnapledgerError> {
  try {
    return await retryUnavailable(() => objectStore.get(key, range), retry);
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}

function isDamage(error: unknown): error is SnapledgerError {
  return hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_RANGE', 'OBJECT_CORRUPT');
}

function recordsOf(
  { blocks, range: { offset } }: PlannedGet,
  bytes: Uint8Array,
  keys: SessionKeys,
): readonly FetchedRecord[] {
  const range: FetchedRange = { bytes, recordsLeft: blocks.length };
  return blocks.map((block) => {
    const begin = block.ref.offset - offset;
    const recordBytes = bytes.subarray(begin, begin + block.ref.lengthBytes);
    return { kind: 'record', index: block.index, block, bytes: recordBytes, keys, range };
  });
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
