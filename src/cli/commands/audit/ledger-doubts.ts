import type { LedgerProof } from '../../../index.ts';
import { formatId } from '../../output/format-id.ts';
import { formatCount } from '../../output/format-quantity.ts';
import { printable } from '../../output/printable.ts';

/** Sessions, streams or points that a warning names. */
const namedMax = 5;

/** Why what is proven may be not all. */
export interface LedgerDoubt {
  readonly message: string;
  readonly remedy: string;
}

export function doubtsAbout(proof: LedgerProof): readonly LedgerDoubt[] {
  return [nothingSealed, notSealed, ofNewerVersions, withoutSession, withoutCheckpoints]
    .map((doubt) => doubt(proof))
    .filter((doubt) => doubt !== null);
}

function nothingSealed({ size, findings }: LedgerProof): LedgerDoubt | null {
  if (size > 0 || findings.length > 0) return null;
  return {
    message: 'no record is sealed in this repository',
    remedy:
      "Where sessions have ended, its folder 'ledger' is gone: bring it back from a copy, before more is sealed.",
  };
}

function notSealed({ unsealedSessions, unsealed }: LedgerProof): LedgerDoubt | null {
  const ofSessions = new Set(unsealedSessions.map((sessionId) => `session-${sessionId}`));
  const others = unsealed.filter(({ stream }) => !ofSessions.has(stream));
  if (unsealedSessions.length + others.length === 0) return null;
  const events = others.reduce((sum, { records }) => sum + records, 0);
  const parts = [
    ...(unsealedSessions.length === 0
      ? []
      : [
          `${formatCount(unsealedSessions.length, 'session')} (${named(unsealedSessions, formatId)})`,
        ]),
    ...(others.length === 0
      ? []
      : [
          `${formatCount(events, 'event')} in ${formatCount(others.length, 'stream')} ` +
            `(${named(others, ({ stream, from }) => `${printable(stream)} from event ${from} on`)})`,
        ]),
  ];
  return {
    message: `not sealed yet: ${parts.join(', and ')}`,
    remedy:
      "'snapledger audit seal' seals it, a session when it has ended; until then nothing proves it",
  };
}

function ofNewerVersions({ newerSessions }: LedgerProof): LedgerDoubt | null {
  if (newerSessions.length === 0) return null;
  const why = newerSessions.slice(0, namedMax).map(({ message }) => message);
  return {
    message: `not known whether ended: ${formatCount(newerSessions.length, 'session')} (${why.join('; ')})`,
    remedy: 'Use the newer version of snapledger that wrote it.',
  };
}

function withoutSession({ pointsWithoutSession: points }: LedgerProof): LedgerDoubt | null {
  if (points.length === 0) return null;
  return {
    message:
      `${formatCount(points.length, 'restore point')} whose sessions the record does not have: ` +
      named(
        points,
        ({ pointId, instanceId }) => `${formatId(pointId)} of ${printable(instanceId)}`,
      ),
    remedy:
      "They can be restored. The folder 'ledger' of the repository is gone or an older copy, unless those sessions never came to be sealed: compare with another copy, and with a checkpoint that was kept.",
  };
}

function withoutCheckpoints({ emptyWitnesses }: LedgerProof): LedgerDoubt | null {
  if (emptyWitnesses.length === 0) return null;
  return {
    message: `no checkpoint is in ${named(emptyWitnesses, printable)}, where each seal leaves one: it was removed or emptied, or nothing was sealed since it was named`,
    remedy:
      "Compare with one that was kept elsewhere ('--checkpoint FILE'); the next session that is sealed leaves one there again.",
  };
}

function named<Item>(items: readonly Item[], nameOf: (item: Item) => string): string {
  const more = items.length - namedMax;
  const names = items.slice(0, namedMax).map(nameOf).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}
