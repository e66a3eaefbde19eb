import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { NextGeneration } from './next-generation.ts';
import type { UselessRelocations } from './survey-relocations.ts';
import type { Survey } from './survey-repository.ts';

/** What sessions that have ended left behind besides data. */
export interface Leftovers {
  /** Manifests and tombstones beside a removal mark. */
  readonly manifests: readonly ObjectKey[];
  /** Sessions whose data key opens nothing that is stored. */
  readonly keys: readonly SessionId[];
  readonly mailboxes: readonly SessionId[];
  readonly registrations: readonly SessionId[];
  readonly relocations: UselessRelocations;
}

/** Every one of these is the rest of an interrupted end, or what a writer did that slept past it. */
export function leftoversOf(survey: Survey, { ripe }: NextGeneration): Leftovers {
  const { ends, openWriters, neededSessions, packs } = survey;
  const hasEnded = (sessionId: SessionId): boolean =>
    !openWriters.has(sessionId) && ends.endOf(sessionId) !== null;
  const going = new Set(ripe);
  const withData = new Set(packs.filter((pack) => !going.has(pack)).map((pack) => pack.sessionId));
  return {
    manifests: survey.removedManifests,
    keys: survey.keyedSessions.filter(
      (sessionId) =>
        hasEnded(sessionId) && !withData.has(sessionId) && !neededSessions.has(sessionId),
    ),
    mailboxes: survey.mailboxSessions.filter(hasEnded),
    registrations: survey.registeredSessions.filter(hasEnded),
    relocations: survey.uselessRelocations,
  };
}
