import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Repository } from '../../format/repository.ts';
import {
  type EventStore,
  eventStoreLimits,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { SegmentOpener } from '../audit/opened-segments.ts';
import { type PointWithoutSession, pointsWithoutSession } from '../audit/points-without-session.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import { recordHash } from '../ledger/record-hash.ts';
import { isUnsealedStream, streamPrefixes } from '../ledger/stream-names.ts';
import { type RetryContext, withRetries } from '../retry/with-retries.ts';
import { type LogKeys, logKeysOf } from '../transparency-log/log-keys.ts';
import { readLog } from '../transparency-log/read-log.ts';
import { SubjectKeys } from '../transparency-log/subject-keys.ts';

export interface RecoverySource {
  readonly objectStore: ObjectStore;
  readonly repository: Repository;
  readonly random: RandomSource;
  /** For appends whose outcome is not known. */
  readonly retry: RetryContext;
}

/** What was brought back, and what could not be. */
export interface LedgerRecovery {
  readonly records: number;
  readonly sessions: number;
  readonly streams: number;
  /** The signed checkpoint up to which the records are proven. */
  readonly checkpoint: string;
  /** Points of sessions that were not sealed: they can be restored, but nothing tells of them. */
  readonly pointsWithoutSession: readonly PointWithoutSession[];
}

/** Of the data of one append: a server takes little more. */
const appendSizeMaxBytes = eventStoreLimits.eventSizeMaxBytes;

/**
 * Fills an event store, which is empty or has what a recovery left that broke off, with the sealed records of a repository, each proven before it is
 * written: the same ids, metadata and data, so that the chains go on from them.
 *
 * @throws VAULT_EXISTS when the event store has anything else; nothing is written then
 * @throws NOTHING_SEALED when the repository has no sealed records
 * @throws LEDGER_TAMPERED when the log does not prove all of itself
 */
export async function recoverLedger(
  source: RecoverySource,
  target: EventStore,
): Promise<LedgerRecovery> {
  const { objectStore, repository, random, retry } = source;
  const keys = await logKeysOf(repository);
  await refuseOthers(target, provenRecords(source, keys));
  const streams = new Set<StreamName>();
  let checkpoint: string | null = null;
  let records = 0;
  for await (const proven of provenRecords({ objectStore, random }, keys)) {
    for (const ofStream of Map.groupBy(proven.records, ({ stream }) => stream).values()) {
      await appendAll(target, ofStream, retry);
    }
    for (const { stream } of proven.records) streams.add(stream);
    records += proven.records.length;
    ({ checkpoint } = proven);
  }
  if (checkpoint === null) throw nothingSealed();
  const isSession = (stream: StreamName): boolean => stream.startsWith(streamPrefixes.session);
  const sessions = [...streams].filter(isSession).length;
  return {
    records,
    sessions,
    streams: streams.size,
    checkpoint,
    pointsWithoutSession: await pointsWithoutSession(repository, (stream) => streams.has(stream)),
  };
}

/** The records of one entry, each of the log once. */
interface ProvenRecords {
  readonly records: readonly StreamRecord[];
  readonly checkpoint: string;
}

async function* provenRecords(
  { objectStore, random }: Pick<RecoverySource, 'objectStore' | 'random'>,
  keys: LogKeys,
): AsyncGenerator<ProvenRecords, void> {
  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, random));
  for await (const proven of readLog(objectStore, keys.signer)) {
    const records = await Array.fromAsync(opener.open(proven), ({ record }) => record);
    yield { records, checkpoint: proven.entry.checkpoint };
  }
}

/** @throws VAULT_EXISTS for a record that is not one of those that are to be written */
async function refuseOthers(
  target: EventStore,
  sealed: AsyncIterable<ProvenRecords>,
): Promise<void> {
  const there = new Map<string, RecordedEvent>();
  for await (const record of target.readAll()) {
    // Only an engine at work has these: it is a ledger that is in use.
    if (isUnsealedStream(record.stream)) throw occupied(record);
    there.set(placeOf(record), record);
  }
  if (there.size === 0) return;
  for await (const { records } of sealed) {
    for (const record of records) {
      const found = there.get(placeOf(record));
      if (found !== undefined && hashOf(found) === hashOf(record)) there.delete(placeOf(record));
    }
  }
  for (const other of there.values()) throw occupied(other);
}

function placeOf({ stream, revision }: StreamRecord): string {
  return `${stream}@${revision}`;
}

function hashOf(record: StreamRecord): string {
  return recordHash(record.stream, record.revision, record);
}

function occupied({ stream, revision }: StreamRecord): SnapledgerError {
  return new SnapledgerError(
    'VAULT_EXISTS',
    `the event store holds a ledger already: it has event ${revision} of the stream '${stream}'`,
    {
      remedy:
        "If that ledger is whole, use the vault as it is. Otherwise name another place for the new one: '--event-store LOCATION', in a new namespace unless '--event-store-namespace' names one.",
    },
  );
}

async function appendAll(
  target: EventStore,
  records: readonly StreamRecord[],
  retry: RetryContext,
): Promise<void> {
  for (const batch of batchesOf(records)) {
    const [first] = batch;
    if (first === undefined) return;
    const { stream, revision } = first;
    const expected = revision === 0 ? 'no-stream' : ((revision - 1) as Revision);
    const events = batch.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }));
    await withRetries(() => target.append(stream, expected, events), retry);
  }
}

/** The same ones each time: what an earlier recovery has appended is then found to be there. */
function* batchesOf(records: readonly StreamRecord[]): Generator<readonly StreamRecord[], void> {
  let batch: StreamRecord[] = [];
  let sizeBytes = 0;
  for (const record of records) {
    const isFull =
      batch.length === eventStoreLimits.appendEventsMax ||
      sizeBytes + record.data.length > appendSizeMaxBytes;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      sizeBytes = 0;
    }
    batch.push(record);
    sizeBytes += record.data.length;
  }
  yield batch;
}

function nothingSealed(): SnapledgerError {
  return new SnapledgerError('NOTHING_SEALED', 'the repository has no sealed records', {
    remedy: 'Its points can be restored all the same; no session of it ever ended with a seal.',
  });
}
