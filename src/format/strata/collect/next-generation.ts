import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { type HeldPacks, nothingHeld } from './held-packs.ts';
import type { CondemnedBatch, Generation } from './generation.ts';
import { generationLimits } from './generation.ts';
import type { Survey, SurveyedPack } from './survey-repository.ts';

/** What a survey makes of the generation in force. */
export interface NextGeneration {
  /** The one to be made, or null when the one in force says it all. */
  readonly generation: Generation | null;
  /** Condemned anew by it. */
  readonly condemned: readonly SurveyedPack[];
  /** Nobody needs them, and nobody can come to need them: may be removed once it is made. */
  readonly ripe: readonly SurveyedPack[];
  /** As ripe, and locked: stay condemned, and go with a collection after their date. */
  readonly held: readonly SurveyedPack[];
  /** Condemned before, and awaiting the end of sessions. */
  readonly pending: readonly SurveyedPack[];
  /** Would be condemned, but there is no room for more: the next collection does. */
  readonly postponed: readonly SurveyedPack[];
  /** Of sessions that neither registered nor ended. */
  readonly unexplained: readonly SurveyedPack[];
}

/**
 * Decides what becomes of every pack.
 *
 * A pack that no point needs can still be known to a session which registered before the pack was
 * condemned: that session may have read the map of a point that is gone now. Sessions that
 * registered later have read the generation and do not refer to it. So a pack is ripe when all
 * sessions that were open at a moment after its generation was made have ended, and still no point
 * needs it.
 */
export function nextGeneration(
  latest: Generation,
  survey: Survey,
  locked: HeldPacks = nothingHeld,
): NextGeneration {
  const unneeded = new Map<ObjectKey, SurveyedPack>();
  const ripe: SurveyedPack[] = [];
  const held: SurveyedPack[] = [];
  const ripen = (pack: SurveyedPack): void => {
    if (locked.has(pack.key)) held.push(pack);
    else ripe.push(pack);
  };
  const unexplained: SurveyedPack[] = [];
  for (const pack of survey.packs) {
    if (survey.neededPacks.has(pack.key) || survey.openWriters.has(pack.sessionId)) continue;
    const end = survey.ends.endOf(pack.sessionId);
    if (end === 'committed') unneeded.set(pack.key, pack);
    // A session that never made a point has nothing that anybody could know of.
    else if (end === 'discarded') ripen(pack);
    else unexplained.push(pack);
  }

  const batches: CondemnedBatch[] = [];
  // Of all that is only held one batch: it awaits nobody, and there can be many days of it.
  let heldBatch: CondemnedBatch = { since: 0, awaits: [], packs: [] };
  const pending: SurveyedPack[] = [];
  for (const batch of latest.batches) {
    const packs = batch.packs.flatMap((key) => unneeded.get(key) ?? []);
    for (const { key } of packs) unneeded.delete(key);
    const awaits = stillOpen(batch.awaits, survey);
    // One by one: a batch can have more packs than a call takes arguments.
    if (awaits.length === 0) {
      const before = held.length;
      for (const pack of packs) ripen(pack);
      const keys = held.slice(before).map(({ key }) => key);
      if (keys.length === 0) continue;
      heldBatch = { since: batch.since, awaits: [], packs: [...heldBatch.packs, ...keys] };
    } else if (packs.length > 0) {
      for (const pack of packs) pending.push(pack);
      // Too many to be named: whoever comes next waits for those that are open then.
      const named = awaits.length > generationLimits.awaitsMax ? null : awaits;
      batches.push({ since: batch.since, awaits: named, packs: packs.map(({ key }) => key) });
    }
  }

  if (heldBatch.packs.length > 0) batches.unshift(heldBatch);
  const number = latest.number + 1;
  const room = generationLimits.packsMax - pending.length - heldBatch.packs.length;
  const fresh = [...unneeded.values()];
  const taken = batches.length < generationLimits.batchesMax ? fresh.slice(0, room) : [];
  if (taken.length > 0) {
    batches.push({ since: number, awaits: null, packs: taken.map(({ key }) => key) });
  }
  return {
    generation: isSame(latest.batches, batches) ? null : { number, batches },
    condemned: taken,
    ripe,
    held,
    pending,
    postponed: fresh.slice(taken.length),
    unexplained,
  };
}

function stillOpen(awaits: readonly SessionId[] | null, survey: Survey): readonly SessionId[] {
  const listed = awaits ?? [...survey.openWriters.keys()];
  return listed.filter((sessionId) => survey.openWriters.has(sessionId));
}

/** Whether nothing would change but sessions that have ended: every collection sees that anew. */
function isSame(before: readonly CondemnedBatch[], after: readonly CondemnedBatch[]): boolean {
  if (before.length !== after.length) return false;
  return before.every((batch, index) => {
    const other = after[index];
    return (
      other?.since === batch.since &&
      other.packs.length === batch.packs.length &&
      (batch.awaits === null) === (other.awaits === null)
    );
  });
}
