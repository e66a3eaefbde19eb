import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Repository } from '../../format/repository.ts';
import {
  type EventStore,
  eventStoreLimits,
  type Revision,
  type StreamName,
} from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { SegmentOpener } from '../audit/opened-segments.ts';
import { type PointWithoutSession, pointsWithoutSession } from '../audit/points-without-session.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { logKeysOf } from '../transparency-log/log-keys.ts';
import { readLog } from '../transparency-log/read-log.ts';
import { SubjectKeys } from '../transparency-log/subject-keys.ts';

export interface RecoverySource {
  readonly objectStore: ObjectStore;
  readonly repository: Repository;
  readonly random: RandomSource;
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

/**
 * Fills an empty event store with the sealed records of a repository, each proven before it is
 * written: the same ids, metadata and data, so that the chains go on from them.
 *
 * @throws NOTHING_SEALED when the repository has no sealed records
 * @throws LEDGER_TAMPERED when the log does not prove all of itself
 */
export async function recoverLedger(
  { objectStore, repository, random }: RecoverySource,
  target: EventStore,
): Promise<LedgerRecovery> {
  const keys = await logKeysOf(repository);
  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, random));
  const streams = new Set<StreamName>();
  let checkpoint: string | null = null;
  let records = 0;
  for await (const proven of readLog(objectStore, keys.signer)) {
    const opened = await Array.fromAsync(opener.open(proven), ({ record }) => record);
    for (const ofStream of Map.groupBy(opened, ({ stream }) => stream).values()) {
      await appendAll(target, ofStream);
    }
    for (const { stream } of opened) streams.add(stream);
    records += opened.length;
    ({ checkpoint } = proven.entry);
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

async function appendAll(target: EventStore, records: readonly StreamRecord[]): Promise<void> {
  for (let begin = 0; begin < records.length; begin += eventStoreLimits.appendEventsMax) {
    const batch = records.slice(begin, begin + eventStoreLimits.appendEventsMax);
    const [first] = batch;
    if (first === undefined) return;
    const { stream, revision } = first;
    const expected = revision === 0 ? 'no-stream' : ((revision - 1) as Revision);
    const events = batch.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }));
    await target.append(stream, expected, events);
  }
}

function nothingSealed(): SnapledgerError {
  return new SnapledgerError('NOTHING_SEALED', 'the repository has no sealed records', {
    remedy: 'Its points can be restored all the same; no session of it ever ended with a seal.',
  });
}
