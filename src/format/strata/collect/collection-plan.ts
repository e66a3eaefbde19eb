import type { CollectionPlan, ObjectTotals } from '../../collection.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { HeldPacks } from './held-packs.ts';
import { leftoversOf } from './leftovers-of.ts';
import type { NextGeneration } from './next-generation.ts';
import type { Survey, SurveyedPack } from './survey-repository.ts';

/** What a collection that begins now would do. */
export function collectionPlan(
  survey: Survey,
  next: NextGeneration,
  locked: HeldPacks,
): CollectionPlan {
  const { ripe, condemned, pending, postponed, unexplained } = next;
  // Condemned and, when nobody is at work who could know it, removed in the same run.
  const isQuiet = survey.openWriters.size === 0;
  const going = isQuiet ? [...ripe, ...condemned] : ripe;
  const removable = totalsOf(going.filter(({ key }) => !locked.has(key)));
  const held = [...next.held, ...going.filter(({ key }) => locked.has(key))];
  const awaiting = totalsOf([...pending, ...postponed, ...(isQuiet ? [] : condemned)]);
  const all = totalsOf(survey.packs);
  const rest = [removable, awaiting, totalsOf(unexplained), totalsOf(held)];
  const { manifests, keys, mailboxes, registrations, relocations } = leftoversOf(survey, next);
  const { replaced, voidClaims } = relocations;
  const ofRelocations = replaced.length + voidClaims.length;
  return {
    inUse: {
      objects: rest.reduce((left, { objects }) => left - objects, all.objects),
      bytes: rest.reduce((left, { bytes }) => left - bytes, all.bytes),
    },
    removable,
    awaiting,
    held: { ...totalsOf(held), until: lastDateOf(held, locked) },
    unexplained: totalsOf(unexplained),
    leftovers:
      manifests.length + keys.length + mailboxes.length + registrations.length + ofRelocations,
    openWriters: [...survey.openWriters.values()],
  };
}

function lastDateOf(held: readonly SurveyedPack[], locked: HeldPacks): TimestampMs | null {
  let last: TimestampMs | null = null;
  for (const { key } of held) {
    const until = locked.get(key) ?? null;
    if (until !== null && (last === null || until > last)) last = until;
  }
  return last;
}

export function totalsOf(packs: readonly SurveyedPack[]): ObjectTotals {
  return {
    objects: packs.length,
    bytes: packs.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}
