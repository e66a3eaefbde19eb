import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { ObjectKey, Retention } from '../../../ports/object-store.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { Survey, SurveyedPack } from './survey-repository.ts';

/** Objects that are asked about at the same time. */
const concurrentLooksMax = 8;

/** Packs that nobody can remove yet, and from when on they can be. */
export type HeldPacks = ReadonlyMap<ObjectKey, TimestampMs>;

export const nothingHeld: HeldPacks = new Map();

/**
 * Which of the packs that no point needs are locked: one question for each of them. Of those that points need
 * nobody wants to know.
 */
export async function heldPacks(
  { objectStore: { retention }, clock }: RepositoryContext,
  survey: Survey,
  signal: AbortSignal | undefined,
): Promise<HeldPacks> {
  if (retention === null) return nothingHeld;
  const unneeded = survey.packs.filter(
    ({ key, sessionId }) =>
      !survey.neededPacks.has(key) &&
      !survey.openWriters.has(sessionId) &&
      survey.ends.endOf(sessionId) !== null,
  );
  const held = new Map<ObjectKey, TimestampMs>();
  const now = clock.now();
  for (let first = 0; first < unneeded.length; first += concurrentLooksMax) {
    signal?.throwIfAborted();
    const batch = unneeded.slice(first, first + concurrentLooksMax);
    const dates = await Promise.all(batch.map((pack) => dateOf(retention, pack)));
    for (const [index, { key }] of batch.entries()) {
      const until = dates[index] ?? null;
      if (until !== null && until > now) held.set(key, until);
    }
  }
  return held;
}

async function dateOf(retention: Retention, { key }: SurveyedPack): Promise<TimestampMs | null> {
  try {
    return await retention.heldUntil(key);
  } catch (error) {
    // Another collector was faster.
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    return null;
  }
}
