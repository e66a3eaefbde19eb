import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Repository } from '../../format/repository.ts';
import type { CheckpointWitness } from '../../ports/checkpoint-witness.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { LogKeys } from '../transparency-log/log-keys.ts';
import { tamperingOf } from '../transparency-log/log-tampered.ts';
import {
  emptyFrontier,
  type MerkleFrontier,
  rootOf,
  withLeaf,
} from '../transparency-log/merkle-frontier.ts';
import { type ProvenEntry, readLog } from '../transparency-log/read-log.ts';
import { sensitiveWrappingKeyFrom } from '../sensitive/sensitive-key.ts';
import { SensitiveKeys } from '../sensitive/sensitive-keys.ts';
import { SubjectKeys } from '../transparency-log/subject-keys.ts';
import type { StreamHead } from '../transparency-log/stream-marks.ts';
import { ClockWatch } from './clock-remarks.ts';
import { KnownCheckpoints } from './known-checkpoints.ts';
import type { LedgerFinding, LedgerProof } from './ledger-proof.ts';
import { pointsWithoutSession } from './points-without-session.ts';
import { SensitiveKeysUsed } from './sensitive-keys-used.ts';
import { SegmentOpener } from './opened-segments.ts';
import { StoreComparison } from './store-comparison.ts';
import type { StoreContents } from './store-contents.ts';
import { marksThere, wrongMarks } from './wrong-marks.ts';

export interface LedgerVerification {
  readonly objectStore: ObjectStore;
  /** Of the repository's format. */
  readonly headerKey: ObjectKey;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly keys: LogKeys;
  readonly witnesses: readonly CheckpointWitness[];
  /** Further checkpoints that the caller knows, as signed notes. */
  readonly checkpoints: readonly string[];
  /** The store to compare with; null for the repository alone. */
  readonly eventStore: EventStore | null;
  /**
   * What the event store has besides the streams of the log, which are given as far as they are sealed.
   */
  readonly contents: (sealed: ReadonlyMap<StreamName, number>) => Promise<StoreContents>;
  /** Whose points should be of sessions that are known. */
  readonly repository: Pick<Repository, 'listPoints'>;
}

/**
 * Checks the sealed ledger: the log with its signatures, the chain of each stream, what witnesses
 * have, and the event store. Of a log that is broken the part before the break is proven.
 */
export async function verifyLedger(verification: LedgerVerification): Promise<LedgerProof> {
  const { objectStore, keys, random } = verification;
  const known = new KnownCheckpoints();
  await known.read(verification.witnesses, keys.signer);
  for (const note of verification.checkpoints) {
    known.add(note, keys.signer, 'what was given to be compared');
  }

  const marks = await marksThere(objectStore);
  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, random));
  const sensitiveKeys = new SensitiveKeysUsed();
  const clock = new ClockWatch();
  const findings: LedgerFinding[] = [];
  const heads = new Map<StreamName, StreamHead>();
  const store = new StoreComparison(verification.eventStore);
  let frontier: MerkleFrontier = emptyFrontier;
  let checkpoint: string | null = null;
  let entries = 0;
  let wholeLog: 'proven' | 'broken' = 'proven';
  try {
    for await (const proven of readLog(objectStore, keys.signer)) {
      const records = await Array.fromAsync(opener.open(proven), ({ record }) => record);
      for (const record of records) {
        sensitiveKeys.note(record);
        clock.note(record);
      }
      frontier = compareLeaves(proven, known);
      await store.compare(proven.segments, records);
      for (const { stream, firstRevision, records: sealed } of proven.segments) {
        const commitment = sealed.at(-1)?.commitment ?? null;
        heads.set(stream, { nextRevision: firstRevision + sealed.length, commitment });
      }
      ({ checkpoint } = proven.entry);
      entries += 1;
    }
  } catch (error) {
    if (!hasErrorCode(error, 'LEDGER_TAMPERED', 'OBJECT_CORRUPT')) throw error;
    wholeLog = 'broken';
    findings.push(findingOf(error));
  }
  const sealed = new Map([...heads].map(([stream, { nextRevision }]) => [stream, nextRevision]));
  const { ended, unreadable, unsealed, strange } = await contentsOf(verification, sealed, store);
  const endedStreams = new Set(ended.map(({ stream }) => stream));
  const unsealedStreams = new Set(unsealed.map(({ stream }) => stream));
  const newer = unreadable.filter(
    ({ stream, error }) => hasErrorCode(error, 'UNKNOWN_EVENT') && !endedStreams.has(stream),
  );
  findings.push(...store.findings());
  // What follows a break cannot be compared: the break itself is the finding.
  if (wholeLog === 'proven') {
    findings.push(...strange.filter(({ stream }) => !store.differs(stream)));
    findings.push(...known.tamperings(frontier.size));
    findings.push(...(await wrongMarks(objectStore, marks, heads)));
    const wrappingKey = sensitiveWrappingKeyFrom(keys.readKey);
    const there = new SensitiveKeys({
      ...verification,
      wrappingKey: () => Promise.resolve(wrappingKey),
    });
    findings.push(...(await sensitiveKeys.tamperings(there)));
  }
  return {
    size: frontier.size,
    repeated: sealed.values().reduce((rest, ofStream) => rest - ofStream, frontier.size),
    root: Buffer.from(rootOf(frontier)).toString('hex'),
    entries,
    streams: heads.size,
    checkpoint,
    witnessedCheckpoints: known.count,
    emptyWitnesses: frontier.size === 0 ? [] : known.empty,
    clockRemarks: clock.remarks,
    findings,
    // Behind a break nobody can tell what is sealed.
    unsealedSessions: ended
      .filter(({ stream }) => wholeLog === 'proven' && !heads.has(stream))
      .map(({ sessionId }) => sessionId),
    unsealed: wholeLog === 'proven' ? unsealed : [],
    pointsWithoutSession:
      wholeLog === 'proven'
        ? await pointsWithoutSession(
            verification.repository,
            (stream) => heads.has(stream) || unsealedStreams.has(stream),
          )
        : [],
    newerSessions: newer.map(({ sessionId, error: { message } }) => ({ sessionId, message })),
  };
}

/**
 * What the store has besides. One that is broken where nothing is sealed, so that the comparison has not found
 * it, is a finding too.
 */
async function contentsOf(
  { contents }: LedgerVerification,
  sealed: ReadonlyMap<StreamName, number>,
  store: StoreComparison,
): Promise<StoreContents> {
  const found = await contents(sealed);
  for (const { error } of found.unreadable) {
    if (!hasErrorCode(error, 'UNKNOWN_EVENT')) store.note(error);
  }
  for (const error of found.broken) store.note(error);
  return found;
}

/** The tree after the entry; each size on the way is compared with what witnesses have. */
function compareLeaves({ entry, before }: ProvenEntry, known: KnownCheckpoints): MerkleFrontier {
  let frontier = before;
  for (const { records } of entry.segments) {
    for (const { leaf } of records) {
      frontier = withLeaf(frontier, leaf);
      known.compare(frontier);
    }
  }
  return frontier;
}

function findingOf(error: SnapledgerError): LedgerFinding {
  if (error.code === 'LEDGER_TAMPERED') return tamperingOf(error);
  const { objectKey } = error.details;
  return {
    kind: 'record-unreadable',
    message: error.message,
    ...(typeof objectKey === 'string' ? { objectKey } : {}),
  };
}
