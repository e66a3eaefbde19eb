import { placeInWords } from '../domain/policy/cloud-place.ts';
import { planRetention } from '../domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { KeepReason, RemoveReason } from '../domain/retention/retention-reasons.ts';
import type { RetentionRule, RuleVerdict } from '../domain/retention/retention-rule.ts';
import type { RuleSample } from './rule-properties.ts';

/** A chain, and what a rule says of each item, one line an item. */
export function sampleInWords(rule: RetentionRule, { chain, now }: RuleSample): string {
  const verdicts = rule(chain, now);
  return [
    `now ${time(now)}`,
    ...chain.map(({ id, takenAt }) => {
      const verdict = verdicts.get(id);
      return `${id} taken ${time(takenAt)}: ${verdict === undefined ? 'nothing' : verdictInWords(verdict)}`;
    }),
  ].join('\n');
}

/** A history, the policy, and the plan, as a person would note them. */
export function circumstancesInWords(circumstances: RetentionCircumstances): string {
  const { history, policy, obsolete, pointDependency, during, now } = circumstances;
  const lists = [
    ...history.sets.map((set) => ({ what: `set ${set.id}`, item: set })),
    ...history.replicas.map((replica) => ({
      what: `replica ${replica.id} (${placeInWords(replica.target)}, ${replica.target.keyId ?? 'no key'})`,
      item: replica,
    })),
    ...history.points.map((point) => ({
      what: `point ${point.id}${point.expired === null ? '' : ' (expired)'} needs [${point.parents.join(' ')}]`,
      item: point,
    })),
  ];
  const { snapshots, replicas, points } = planRetention(circumstances);
  const entries = [
    ...[...snapshots.keep, ...replicas.keep, ...points.keep].map((one) => ['keep', one] as const),
    ...[...snapshots.remove, ...replicas.remove].map((one) => ['remove', one] as const),
    ...points.expire.map((one) => ['expire', one] as const),
  ];
  return [
    `now ${time(now)}, decided ${during === null ? 'from outside' : `within ${during}`}, points ${pointDependency}`,
    policy === null
      ? `no policy; obsolete: ${JSON.stringify(obsolete)}`
      : `policy in ${policy.timeZone}: sets ${JSON.stringify(policy.snapshots.retention)}, base moves ${policy.snapshots.baseMoves}, ` +
        `replicas ${JSON.stringify(policy.replicas.map(({ target, retention }) => ({ target, retention })))}, ` +
        `image ${policy.image.level}, CBT ${policy.image.changedBlockTracking}, points ${JSON.stringify(policy.image.retention)}`,
    ...lists.map(
      ({ what, item: { takenAt, condition, origin, expiresAt, usedBy } }) =>
        `${what} taken ${time(takenAt)}, ${condition}, ${origin}` +
        `${expiresAt === null ? '' : ` until ${time(expiresAt)}`}${usedBy.length === 0 ? '' : `, used by ${usedBy.join(' ')}`}`,
    ),
    ...history.holds.map(
      ({ item, hold }) => `${item.kind} ${item.id} is held: ${JSON.stringify(hold)}`,
    ),
    ...entries.map(([verdict, { id, reasons }]) => `${verdict} ${id}: ${reasonsInWords(reasons)}`),
  ].join('\n');
}

function verdictInWords(verdict: RuleVerdict): string {
  return 'keep' in verdict
    ? `keep: ${reasonsInWords(verdict.keep)}`
    : `remove: ${reasonsInWords([verdict.remove])}`;
}

function reasonsInWords(reasons: readonly (KeepReason | RemoveReason)[]): string {
  if (reasons.length === 0) return 'no reason';
  return reasons
    .map((reason) => {
      if (reason.kind === 'host-rule') return `${reason.rule} (${reason.detail})`;
      const { kind, ...rest } = reason;
      return [kind, ...Object.values(rest).map((value) => JSON.stringify(value))].join(' ');
    })
    .join(', ');
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
