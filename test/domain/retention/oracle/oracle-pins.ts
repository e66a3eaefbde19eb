import type { VolumeId } from '../../../../src/domain/identifiers.ts';
import type { KeepReason } from '../../../../src/domain/retention/retention-reasons.ts';
import { hasLeft, type Item, newestVolumesOf, parentsOf } from './oracle-items.ts';
import { isInPlaceOf } from './oracle-place.ts';
import type { RetentionQuestion } from './retention-question.ts';

/** What keeps an item in its chain whatever the rules say. */
export function pinsOf(
  item: Item,
  items: readonly Item[],
  question: RetentionQuestion,
): readonly KeepReason[] {
  switch (item.kind) {
    case 'snapshot-set':
      return pinsOfSet(item, question);
    case 'replica':
      return pinsOfReplica(item, items, question);
    case 'restore-point': {
      const inChain = items.filter(
        (other) => other.kind === 'restore-point' && !hasLeft(other, question),
      );
      return question.policy?.image.level === 'on' && inChain.at(-1)?.id === item.id
        ? [{ kind: 'parent-point' }]
        : [];
    }
  }
}

function pinsOfSet(item: Item, question: RetentionQuestion): readonly KeepReason[] {
  const { sessions, policy, deciding } = question;
  const { session } = item;
  const pins: KeepReason[] = [];
  if (policy?.image.level === 'on' && policy.image.changedBlockTracking === 'on') {
    const committed = sessions.filter(({ point }) => point !== null);
    const bases =
      policy.snapshots.baseMoves === 'after-retention' && deciding !== null
        ? [
            committed.findLast(({ sessionId }) => sessionId !== deciding),
            committed.find(({ sessionId }) => sessionId === deciding),
          ]
        : [committed.at(-1)];
    if (session.point !== null && bases.includes(session)) {
      pins.push({ kind: 'cbt-base', pointId: session.point.pointId });
    }
  }
  for (const { replicaSetId, state } of session.replicas) {
    if (state === 'requested' || state === 'started') {
      pins.push({ kind: 'copy-source', replicaSetId });
    }
  }
  if (session.status === 'running' && session.sessionId !== deciding) {
    pins.push({ kind: 'in-use', sessionId: session.sessionId });
  }
  return [...pins, ...restoresOf(item, question)];
}

function pinsOfReplica(
  item: Item,
  items: readonly Item[],
  question: RetentionQuestion,
): readonly KeepReason[] {
  const pins: KeepReason[] = [];
  if (item.condition === 'pending') {
    pins.push({ kind: 'in-use', sessionId: item.session.sessionId });
  }
  const newestVolumes = newestVolumesOf(question);
  const volumeIds = new Set<VolumeId>();
  for (const { target } of question.policy?.replicas ?? []) {
    for (const volumeId of newestVolumes) {
      const newest = items.findLast(
        ({ replica, condition }) =>
          replica !== null &&
          condition === 'complete' &&
          isInPlaceOf(replica.target, target) &&
          replica.target.keyId === target.keyId &&
          replica.snapshots.some((copy) => copy.volumeId === volumeId),
      );
      if (newest?.id === item.id) volumeIds.add(volumeId);
    }
  }
  if (volumeIds.size > 0) pins.push({ kind: 'replica-base', volumeIds: [...volumeIds] });
  return [...pins, ...restoresOf(item, question)];
}

function restoresOf(item: Item, { restores }: RetentionQuestion): readonly KeepReason[] {
  return restores
    .filter(({ source }) => source.kind === item.kind && source.id === item.id)
    .map(({ sessionId }) => ({ kind: 'in-use', sessionId }));
}

/** The holds on it that are in force. */
export function holdsOf(item: Item, { instance, now }: RetentionQuestion): readonly KeepReason[] {
  const reasons: KeepReason[] = [];
  for (const { holdId, item: held, hold } of instance.holds) {
    if (held.kind !== item.kind || held.id !== item.id) continue;
    if (hold.kind === 'legal-hold') reasons.push({ kind: 'legal-hold', holdId });
    else if (now < hold.until) reasons.push({ kind: 'locked', holdId });
  }
  return reasons;
}

/** The sessions that work with a point. */
export function usesOfPoint(item: Item, question: RetentionQuestion): readonly KeepReason[] {
  const uses: KeepReason[] = [...restoresOf(item, question)];
  for (const session of question.sessions) {
    if (session.status !== 'running' || session.sessionId === question.deciding) continue;
    if (parentsOf(session).some((parent) => parent === item.id)) {
      uses.push({ kind: 'in-use', sessionId: session.sessionId });
    }
  }
  return uses;
}
