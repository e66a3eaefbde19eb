import { assert } from '../errors/assert.ts';
import type { TimestampMs } from '../identifiers.ts';
import { compareChainItems } from './chain-item.ts';
import type { ExplainedReason, Explanation } from './explanation.ts';
import type { HistoryItem } from './history-items.ts';
import { type ReleaseSubject, releaseOf } from './release-of.ts';
import { replicaPolicyOf } from './replica-policy.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import { isSameItem, type ItemRef, type KeptItem, type RetentionPlan } from './retention-plan.ts';
import type { KeepReason } from './retention-reasons.ts';
import type { RetentionSettings } from './retention-settings.ts';

/**
 * Why a snapshot set, replica or restore point is there, until when by the rules that `plan` went
 * by, and what would release it; or why it was removed. Null for an item that the history does not
 * know. For a moment of the past give the history, policy and settings of then.
 *
 * @param plan of the same circumstances, asked from outside of any session
 */
export function explainItem(
  circumstances: RetentionCircumstances,
  plan: RetentionPlan,
  item: ItemRef,
): Explanation | null {
  const gone = circumstances.history.gone.findLast((one) => isSameItem(one.item, item));
  if (gone !== undefined) {
    const { takenAt, removedBy, decidedAt, reasons } = gone;
    return { state: 'removed', takenAt, removedBy, decidedAt, reasons };
  }
  const subject = subjectOf(circumstances, item);
  if (subject === null) return null;
  const explained = (reasons: readonly KeepReason[]): readonly ExplainedReason[] =>
    reasons.map((reason) => ({ reason, release: releaseOf(reason, subject, circumstances) }));

  const kept = keptItem(plan, item);
  if (kept !== undefined) {
    const { takenAt } = kept;
    const reasons = explained(kept.reasons);
    return { state: 'stays', takenAt, reasons, until: endOf(reasons) };
  }
  const expired = plan.points.expire.find(({ id }) => id === item.id);
  if (expired !== undefined) {
    const { takenAt, expiredAt, reasons } = expired;
    const held = explained(expired.held);
    return { state: 'expired', takenAt, expiredAt, reasons, held, until: endOf(held) };
  }
  const going = [...plan.snapshots.remove, ...plan.replicas.remove].find(
    ({ id }) => id === item.id,
  );
  assert(going !== undefined, 'the plan is of these circumstances');
  const { takenAt, reasons } = going;
  return { state: 'goes', takenAt, reasons };
}

function subjectOf(
  { history, policy }: RetentionCircumstances,
  ref: ItemRef,
): ReleaseSubject | null {
  switch (ref.kind) {
    case 'snapshot-set':
      return found(history.sets, ref, policy?.snapshots.retention ?? null);
    case 'restore-point': {
      const inChain = history.points.filter(({ expired, id }) => expired === null || id === ref.id);
      return found(inChain, ref, policy?.image.retention ?? null);
    }
    case 'replica': {
      const replica = history.replicas.find(({ id }) => id === ref.id);
      if (replica === undefined) return null;
      const ruling = replicaPolicyOf(policy, replica.target);
      const chain = history.replicas.filter(
        ({ target }) => replicaPolicyOf(policy, target) === ruling,
      );
      return found(chain, ref, ruling?.retention ?? null);
    }
  }
}

function found(
  items: readonly HistoryItem<string>[],
  ref: ItemRef,
  settings: RetentionSettings | null,
): ReleaseSubject | null {
  const item = items.find(({ id }) => id === ref.id);
  if (item === undefined) return null;
  const chain = items
    .filter(({ condition, origin }) => condition === 'complete' && origin === 'policy')
    .sort(compareChainItems);
  return { item, chain, settings };
}

function keptItem(plan: RetentionPlan, { kind, id }: ItemRef): KeptItem<string> | undefined {
  const lists: Readonly<Record<ItemRef['kind'], readonly KeptItem<string>[]>> = {
    'snapshot-set': plan.snapshots.keep,
    replica: plan.replicas.keep,
    'restore-point': plan.points.keep,
  };
  return lists[kind].find((kept) => kept.id === id);
}

function endOf(reasons: readonly ExplainedReason[]): TimestampMs | null {
  const times = reasons.flatMap(({ release }) => (release.kind === 'time' ? release.at : []));
  if (times.length === 0 || times.length < reasons.length) return null;
  return Math.max(...times) as TimestampMs;
}
