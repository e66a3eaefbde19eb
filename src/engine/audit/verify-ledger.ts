import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { CheckpointWitness } from '../../ports/checkpoint-witness.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { LogKeys } from '../transparency-log/log-keys.ts';
import { streamsPrefix, streamSegment } from '../transparency-log/log-objects.ts';
import { type Tampering, tamperingOf } from '../transparency-log/log-tampered.ts';
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
import { type ClockRemarks, ClockWatch } from './clock-remarks.ts';
import type { EndedSessions } from './ended-sessions.ts';
import { KnownCheckpoints } from './known-checkpoints.ts';
import { SensitiveKeysUsed } from './sensitive-keys-used.ts';
import { SegmentOpener } from './opened-segments.ts';
import { StoreComparison } from './store-comparison.ts';

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
  /** The sessions that have ended, by the event store. May reject with LEDGER_CORRUPT. */
  readonly endedSessions: () => Promise<EndedSessions>;
}

/** A session that had not ended before an event that this version does not know. */
export interface NewerSession {
  readonly sessionId: SessionId;
  /** Which event, and what it is. */
  readonly message: string;
}

/** Something is wrong with the ledger. */
export interface LedgerFinding extends Tampering {
  readonly kind: Tampering['kind'];
}

/** What was proven, in the end. */
export interface LedgerProof {
  /** The records up to here are proven. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly entries: number;
  readonly streams: number;
  /** The signed note of all that is proven; null for an empty log. */
  readonly checkpoint: string | null;
  readonly witnessedCheckpoints: number;
  /** Of what is sealed. */
  readonly clockRemarks: ClockRemarks;
  readonly findings: readonly LedgerFinding[];
  /** Sessions that have ended and are not sealed yet. */
  readonly unsealedSessions: readonly SessionId[];
  /** A newer version wrote to them, and whether they have ended cannot be told. What is sealed of them is proven. */
  readonly newerSessions: readonly NewerSession[];
}

/**
 * Checks the sealed ledger: the log with its signatures, the chain of each stream, what witnesses
 * have, and the event store. Of a log that is broken the part before the break is proven.
 */
export async function verifyLedger(verification: LedgerVerification): Promise<LedgerProof> {
  const { objectStore, keys, random } = verification;
  const known = new KnownCheckpoints();
  await known.read(verification.witnesses, keys.signer);
  for (const note of verification.checkpoints) known.add(note, keys.signer);

  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, random));
  const sensitiveKeys = new SensitiveKeysUsed();
  const clock = new ClockWatch();
  const findings: LedgerFinding[] = [];
  const heads = new Map<StreamName, number>();
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
      await store.compare(proven.entry, records);
      for (const { stream, firstRevision, records: sealed } of proven.entry.segments) {
        heads.set(stream, firstRevision + sealed.length);
      }
      ({ checkpoint } = proven.entry);
      entries += 1;
    }
  } catch (error) {
    if (!hasErrorCode(error, 'LEDGER_TAMPERED', 'OBJECT_CORRUPT')) throw error;
    wholeLog = 'broken';
    findings.push(findingOf(error));
  }
  const { ended, unreadable } = await endedSessionsIn(verification, store);
  const endedStreams = new Set(ended.map(({ stream }) => stream));
  const newer = unreadable.filter(
    ({ stream, error }) => hasErrorCode(error, 'UNKNOWN_EVENT') && !endedStreams.has(stream),
  );
  findings.push(...store.findings());
  // What follows a break cannot be compared: the break itself is the finding.
  if (wholeLog === 'proven') {
    findings.push(...known.tamperings(frontier.size));
    findings.push(...(await wrongMarks(objectStore, heads)));
    const wrappingKey = sensitiveWrappingKeyFrom(keys.readKey);
    const there = new SensitiveKeys({
      ...verification,
      wrappingKey: () => Promise.resolve(wrappingKey),
    });
    findings.push(...(await sensitiveKeys.tamperings(there)));
  }
  return {
    size: frontier.size,
    root: Buffer.from(rootOf(frontier)).toString('hex'),
    entries,
    streams: heads.size,
    checkpoint,
    witnessedCheckpoints: known.count,
    clockRemarks: clock.remarks,
    findings,
    unsealedSessions: ended
      .filter(({ stream }) => !heads.has(stream))
      .map(({ sessionId }) => sessionId),
    newerSessions: newer.map(({ sessionId, error: { message } }) => ({ sessionId, message })),
  };
}

/**
 * The sessions that have ended. A store that is broken where nothing is sealed, so that the
 * comparison has not found it, is a finding too.
 */
async function endedSessionsIn(
  { endedSessions }: LedgerVerification,
  store: StoreComparison,
): Promise<EndedSessions> {
  try {
    const sessions = await endedSessions();
    for (const { error } of sessions.unreadable) {
      if (!hasErrorCode(error, 'UNKNOWN_EVENT')) store.note(error);
    }
    return sessions;
  } catch (error) {
    if (!hasErrorCode(error, 'LEDGER_CORRUPT')) throw error;
    store.note(error);
    return { ended: [], unreadable: [] };
  }
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

/** Marks that claim more than the log has: they would keep records from being sealed. */
async function wrongMarks(
  objectStore: ObjectStore,
  heads: ReadonlyMap<StreamName, number>,
): Promise<readonly LedgerFinding[]> {
  const bySegment = new Map([...heads].map(([stream, head]) => [streamSegment(stream), head]));
  const findings: LedgerFinding[] = [];
  for await (const { key } of objectStore.list(streamsPrefix)) {
    const [segment = '', revision = ''] = key.slice(streamsPrefix.length).split('/');
    if (Number(revision) <= (bySegment.get(segment) ?? 0)) continue;
    findings.push({
      kind: 'mark-wrong',
      message: `'${key}' says that more of this stream is sealed than the log has: the log was cut off, or the mark was forged`,
      objectKey: key,
      stream: segment,
      revision: bySegment.get(segment) ?? 0,
    });
  }
  return findings;
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
