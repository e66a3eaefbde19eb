import { assert } from '../errors/assert.ts';
import type { SnapshotSetId } from '../identifiers.ts';
import type { KeptSet, SetToRemove } from '../backup-session/backup-events.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';
import type { RetentionRule } from './retention-rule.ts';
import { type ChainSet, compareChainSets } from './snapshot-chain.ts';

export interface RetentionInput {
  /** All sets that exist, in any order. */
  readonly chain: readonly ChainSet[];
  /** A set stays while any of these keeps it. */
  readonly rules: readonly RetentionRule[];
  /** Reasons that hold whatever the rules say. A pin does not push another set out. */
  readonly pins: ReadonlyMap<SnapshotSetId, readonly KeepReason[]>;
}

export interface RetentionDecision {
  /** Oldest first. */
  readonly keep: readonly KeptSet[];
  /** Oldest first. */
  readonly remove: readonly SetToRemove[];
}

/**
 * Decides which snapshot sets stay and which go, each with its reasons. Every set is in exactly
 * one of the two lists.
 *
 * Incomplete sets do not count: nothing can be restored from them, so they must not push out one
 * that can.
 */
export function decideRetention(input: RetentionInput): RetentionDecision {
  const chain = input.chain.toSorted(compareChainSets);
  const complete = chain.filter((set) => set.condition === 'complete');
  const verdicts = input.rules.map((rule) => rule(complete));

  const keep: KeptSet[] = [];
  const remove: SetToRemove[] = [];
  for (const set of chain) {
    const { setId, takenAt } = set;
    const said = verdicts.flatMap((verdict) => verdict.get(setId) ?? []);
    const keepReasons: readonly KeepReason[] = [
      ...said.flatMap((verdict) => ('keep' in verdict ? verdict.keep : [])),
      ...(input.pins.get(setId) ?? []),
    ];
    if (keepReasons.length > 0) {
      keep.push({ setId, takenAt, reasons: keepReasons });
      continue;
    }
    const removeReasons: readonly RemoveReason[] =
      set.condition === 'incomplete'
        ? [{ kind: 'incomplete' }]
        : said.flatMap((verdict) => ('remove' in verdict ? verdict.remove : []));
    assert(removeReasons.length > 0, 'a set that goes has a reason to go');
    remove.push({ setId, takenAt, reasons: removeReasons });
  }
  return { keep, remove };
}
