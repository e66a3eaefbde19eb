import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { belongingOf } from '../../domain/policy/belonging.ts';
import { selectsById } from '../../domain/policy/instance-selection.ts';
import {
  type HeavyLoss,
  heavyLoss,
  type LossQuestion,
  type PolicyChange,
} from '../../domain/policy/policy-change.ts';
import { keepsNothing } from '../../domain/retention/keeps-nothing.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { keepObsolete, type ObsoleteRule } from '../../domain/retention/obsolete-rule.ts';
import type { PolicyPreview, PolicyPreviewRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims, UnreadableInstance } from '../instance/instance-claims.ts';
import { lastPolicyOf } from '../instance/last-policy.ts';
import { loadHistory } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { PolicyBook } from './policy-book.ts';
import { soundPolicy } from './sound-policy.ts';

interface PreviewParts {
  readonly context: EngineContext;
  readonly ledger: Ledger;
  readonly policies: PolicyBook;
  readonly claims: InstanceClaims;
  readonly obsolete: ObsoleteRule;
}

/**
 * What would change, which retagged instances would belong to no policy any more, and what each instance would
 * then lose with its next retention or backup, if that is much and the change adds to it (`heavyLoss`);
 * instances that are gone, too.
 *
 * @throws POLICY_INVALID, UNKNOWN_POLICY
 */
export async function previewPolicies(
  { context, ledger, policies, claims, obsolete }: PreviewParts,
  request: PolicyPreviewRequest,
): Promise<PolicyPreview> {
  const { remove = [] } = request;
  const set = (request.set ?? []).map((policy) => soundPolicy(context, policy));
  const { policies: before, unreadable } = await policies.inForce();
  for (const policyId of remove) await policies.get(policyId);
  const touched = new Set([...set.map(({ policyId }) => policyId), ...remove]);
  const after = [...before.filter(({ policyId }) => !touched.has(policyId)), ...set];

  const { obsolete: nextObsolete = obsolete } = request;
  const retagged = new Map((request.retagged ?? []).map((one) => [one.instanceId, one] as const));
  const losses: HeavyLoss[] = [];
  const uncovered: InstanceId[] = [];
  const unreadInstances: UnreadableInstance[] = [];
  const { instances, unreadable: unread } = await context.cloud.instances.readable();
  const known = new Map(instances.map((one) => [one.instanceId, one] as const));
  const changes = [...set.map((policy) => changeOf(policy, before)), ...remove.map(gone)];
  const differing = new Set(
    changes.filter(({ kind }) => kind !== 'unchanged').map(({ policyId }) => policyId),
  );
  const changed = [...before, ...set].filter(({ policyId }) => differing.has(policyId));
  const mayMatter = (instanceId: InstanceId): boolean =>
    !isSame(obsolete, nextObsolete) ||
    changed.some(({ selection }) => selectsById(selection, instanceId) !== 'never');
  const look = async (instanceId: InstanceId): Promise<void> => {
    const instance = known.get(instanceId) ?? { instanceId, tags: {} };
    const lastPolicyId = unreadable.length === 0 ? null : await lastPolicyOf(ledger, instanceId);
    const belonging = belongingOf({ policies: before, unreadable }, instance, lastPolicyId);
    const nextBelonging = belongingOf(
      { policies: after, unreadable },
      retagged.get(instanceId) ?? instance,
      lastPolicyId,
    );
    // Nothing goes of what may belong to a policy that cannot be read.
    if (nextBelonging.kind === 'unknown') return;
    const { policy: next } = nextBelonging;
    const old = belonging.kind === 'known' ? belonging.policy : null;
    if (retagged.has(instanceId) && old !== null && next === null) uncovered.push(instanceId);
    const isSameRule = belonging.kind === 'known' && isSame(obsolete, nextObsolete);
    if (isSame(old, next) && isSameRule) return;
    const loss = heavyLoss({
      ...lookedAt(context),
      instanceId,
      history: await loadHistory(ledger, instanceId),
      before: {
        policy: old,
        obsolete: belonging.kind === 'known' ? obsolete : keepObsolete,
      },
      after: { policy: next, obsolete: nextObsolete },
      tells: next !== null && keepsNothing(next.snapshots.retention) ? 'any' : 'more-than-half',
    });
    if (loss !== null) losses.push(loss);
  };
  const errors = new Map(unread.map(({ instanceId, error }) => [instanceId, error] as const));
  for (const instanceId of new Set([...known.keys(), ...(await claims.recorded())])) {
    const error = errors.get(instanceId);
    if (error !== undefined) {
      if (mayMatter(instanceId)) unreadInstances.push({ instanceId, error });
      continue;
    }
    try {
      await look(instanceId);
    } catch (error) {
      if (!hasErrorCode(error, ...unreadableCodes)) throw error;
      unreadInstances.push({ instanceId, error });
    }
  }
  return {
    changes,
    losses,
    uncovered,
    unreadable: unreadInstances,
  };
}

/** What does not depend on any policy. */
function lookedAt({
  clock,
  format,
  rulesOf,
}: EngineContext): Pick<LossQuestion, 'now' | 'pointDependency' | 'rulesOf'> {
  return {
    now: clock.now(),
    pointDependency: format.traits.pointDependency,
    ...(rulesOf === undefined ? {} : { rulesOf }),
  };
}

function changeOf(policy: BackupPolicy, before: readonly BackupPolicy[]): PolicyChange {
  const { policyId } = policy;
  const old = before.find((one) => one.policyId === policyId) ?? null;
  const kind = old === null ? 'new' : isSame(old, policy) ? 'unchanged' : 'changed';
  return {
    policyId,
    kind,
    keepsNothing: keepsNothing(policy.snapshots.retention),
  };
}

function gone(policyId: BackupPolicy['policyId']): PolicyChange {
  return { policyId, kind: 'removed', keepsNothing: false };
}

/** Validated policies, and rules, have their fields in one order. */
function isSame(a: object | null, b: object | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
