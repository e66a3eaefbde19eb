import { decompressCluster, digestOf } from '../image/cluster-codec.ts';
import type { ImagePart } from '../image/image-description.ts';
import { sessionOfPart } from '../image/image-description.ts';
import { recordBytesOf, type StoredRecord } from '../image/index-entry.ts';
import { recordOverheadBytes } from '../object/record-seal.ts';
import { corrupt, isDamage } from '../object/refusals.ts';
import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryContext } from '../repository-context.ts';

/** A record, and the part that it is in. */
export interface RecordPlace {
  readonly part: ImagePart;
  readonly record: StoredRecord;
}

/** Where a record is in the object of its part. */
export function rangeOf(
  { protection }: Pick<RepositoryContext, 'protection'>,
  { record }: RecordPlace,
): { readonly offset: number; readonly lengthBytes: number } {
  const overhead = recordOverheadBytes(protection);
  return {
    offset: record.offset + record.ordinal * overhead,
    lengthBytes: recordBytesOf(record) + overhead,
  };
}

/** The cluster that a record holds. @throws OBJECT_NOT_FOUND, OBJECT_RANGE, OBJECT_CORRUPT */
export async function readCluster(
  context: RepositoryContext,
  place: RecordPlace,
): Promise<Uint8Array> {
  return await clusterOf(context, place, await readRecord(context, place));
}

/** The compressed cluster of a record, which was found to be the right one. @throws as `readCluster` */
export async function readFrame(
  context: RepositoryContext,
  place: RecordPlace,
): Promise<Uint8Array> {
  const record = await readRecord(context, place);
  await clusterOf(context, place, record);
  return record.subarray(0, place.record.lengthBytes);
}

async function readRecord(context: RepositoryContext, place: RecordPlace): Promise<Uint8Array> {
  const range = rangeOf(context, place);
  const stored = await context.objectStore.get(place.part.key, range);
  return openRecord(context, place, stored);
}

export type ReadCluster =
  | { readonly kind: 'cluster'; readonly cluster: Uint8Array }
  | { readonly kind: 'damage'; readonly error: SnapledgerError };

/**
 * The clusters of records that lie one behind the other in one part, with one get; what is damaged
 * of them comes as damage.
 */
export async function readClusters(
  context: RepositoryContext,
  places: readonly RecordPlace[],
): Promise<readonly ReadCluster[]> {
  const [first] = places;
  if (first === undefined) return [];
  const ranges = places.map((place) => rangeOf(context, place));
  const start = ranges[0]?.offset ?? 0;
  const end = ranges.reduce(
    (sum, { offset, lengthBytes }) => Math.max(sum, offset + lengthBytes),
    0,
  );
  let stored: Uint8Array;
  try {
    const range = { offset: start, lengthBytes: end - start };
    stored = await context.objectStore.get(first.part.key, range);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // Each by itself: a part that has lost its end has sound records still.
    if (places.length > 1) {
      return (await Promise.all(places.map((place) => readClusters(context, [place])))).flat();
    }
    return [{ kind: 'damage', error }];
  }
  return await Promise.all(
    places.map(async (place, number): Promise<ReadCluster> => {
      const { offset, lengthBytes } = ranges[number] ?? { offset: 0, lengthBytes: 0 };
      const own = stored.subarray(offset - start, offset - start + lengthBytes);
      try {
        const record = openRecord(context, place, own);
        return { kind: 'cluster', cluster: await clusterOf(context, place, record) };
      } catch (error) {
        if (!isDamage(error)) throw error;
        return { kind: 'damage', error };
      }
    }),
  );
}

function openRecord(
  context: RepositoryContext,
  { part, record }: RecordPlace,
  stored: Uint8Array,
): Uint8Array {
  return context.recordSeal(sessionOfPart(part)).open(part.key, record.ordinal, stored);
}

async function clusterOf(
  context: RepositoryContext,
  place: RecordPlace,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { part, record } = place;
  const refuse = (reason: string): Error =>
    corrupt(part.key, reason, { range: rangeOf(context, place) });
  const cluster = await decompressCluster(bytes.subarray(0, record.lengthBytes));
  if (cluster === null) throw refuse('the block does not decompress');
  if (Buffer.compare(digestOf(cluster), record.digest) === 0) return cluster;
  throw refuse('the block is not what was stored');
}
