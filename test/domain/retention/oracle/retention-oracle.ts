import type { ItemRef } from '../../../../src/domain/retention/retention-plan.ts';
import type { KeepReason } from '../../../../src/domain/retention/retention-reasons.ts';
import type { Verdict } from './describe-verdict.ts';
import { hasLeft, type Item, itemsOf, neededBy } from './oracle-items.ts';
import { holdsOf, pinsOf, usesOfPoint } from './oracle-pins.ts';
import { type Said, whatOwnExpirySays, whatRulesSay } from './oracle-rules.ts';
import type { RetentionQuestion } from './retention-question.ts';

/**
 * The rules of docs/retention.md a second time: written from that page and not from the code, with
 * no thought of speed. Whatever the page says of an item is looked up anew, for every item, in
 * everything that is known.
 */
export function askOracle(question: RetentionQuestion): readonly Verdict[] {
  const items = itemsOf(question);
  const verdicts = items.map((item) => verdictOn(item, items, question));
  const kinds: readonly ItemRef['kind'][] = ['snapshot-set', 'replica', 'restore-point'];
  return kinds.flatMap((kind) => {
    const ofKind = verdicts.filter((verdict) => verdict.kind === kind);
    const stays = ofKind.filter(({ fate }) => fate === 'stays');
    return [...stays, ...ofKind.filter(({ fate }) => fate !== 'stays')];
  });
}

function verdictOn(item: Item, items: readonly Item[], question: RetentionQuestion): Verdict {
  const { kind, id } = item;
  if (item.kind === 'restore-point') return verdictOnPoint(item, items, question);
  const said = whatRulesSay(item, items, question);
  const keep = [...said.keep, ...pinsOf(item, items, question), ...holdsOf(item, question)];
  return keep.length > 0
    ? { kind, id, fate: 'stays', because: keep, held: [] }
    : { kind, id, fate: 'goes', because: said.remove, held: [] };
}

/** Restore points: expired, deletable, deleted. */
function verdictOnPoint(item: Item, items: readonly Item[], question: RetentionQuestion): Verdict {
  const { kind, id } = item;
  const holding = dataHeldBy(item, items, question);
  if (hasLeft(item, question)) return { kind, id, fate: 'left', because: [], held: holding };
  const inChain = chainKeeps(item, items, question);
  const isNeeded = holding.some((reason) => reason.kind === 'needed-by');
  return inChain.keep.length > 0 || isNeeded
    ? { kind, id, fate: 'stays', because: [...inChain.keep, ...holding], held: [] }
    : { kind, id, fate: 'leaves', because: inChain.remove, held: holding };
}

/** What keeps a point in the chain: a rule, or that it is the newest one. */
function chainKeeps(item: Item, items: readonly Item[], question: RetentionQuestion): Said {
  const said = whatRulesSay(item, items, question);
  return { ...said, keep: [...said.keep, ...pinsOf(item, items, question)] };
}

/** Holds, running restores and backups, and newer points that cannot be read without it. */
function dataHeldBy(
  item: Item,
  items: readonly Item[],
  question: RetentionQuestion,
): readonly KeepReason[] {
  const held: KeepReason[] = [...holdsOf(item, question), ...usesOfPoint(item, question)];
  if (hasLeft(item, question) && item.session.origin.kind === 'manual') {
    held.push(...whatOwnExpirySays(item, question).keep);
  }
  if (question.dependency === 'independent') return held;
  const needing = items.filter(
    (other) =>
      other.kind === 'restore-point' &&
      other.place > item.place &&
      neededBy(other, question).some((parent) => parent === item.id) &&
      isStored(other, items, question),
  );
  const [nearest] = needing;
  if (nearest?.kind === 'restore-point') held.push({ kind: 'needed-by', pointId: nearest.id });
  return held;
}

/** Whether a point's data stays: in the chain, held, in use, or needed by a newer one. */
function isStored(item: Item, items: readonly Item[], question: RetentionQuestion): boolean {
  const staysInChain =
    !hasLeft(item, question) && chainKeeps(item, items, question).keep.length > 0;
  return staysInChain || dataHeldBy(item, items, question).length > 0;
}
