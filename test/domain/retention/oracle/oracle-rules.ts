import type { ReplicaPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type {
  GfsFlagName,
  KeepReason,
  RemoveReason,
} from '../../../../src/domain/retention/retention-reasons.ts';
import type { RetentionSettings } from '../../../../src/domain/retention/retention-settings.ts';
import { periodLabel, periodOver } from './oracle-calendar.ts';
import { comesAfter, hasLeft, type Item } from './oracle-items.ts';
import { isInPlaceOf } from './oracle-place.ts';
import type { RetentionQuestion } from './retention-question.ts';

export interface Said {
  readonly keep: readonly KeepReason[];
  readonly remove: readonly RemoveReason[];
}

/** Incomplete, pending, manual and obsolete items, and the rules of the chain for all others. */
export function whatRulesSay(
  item: Item,
  items: readonly Item[],
  question: RetentionQuestion,
): Said {
  // It is in use, which the pins say.
  if (item.condition === 'pending') return { keep: [], remove: [] };
  if (item.session.origin.kind === 'manual') return whatOwnExpirySays(item, question);
  if (item.condition === 'incomplete') return { keep: [], remove: [{ kind: 'incomplete' }] };
  const settings = settingsOf(item, question);
  if (settings === null) return whatObsoleteRuleSays(item, question);
  const chain = items.filter(
    (other) =>
      other.kind === item.kind &&
      other.condition === 'complete' &&
      other.session.origin.kind !== 'manual' &&
      !(other.kind === 'restore-point' && hasLeft(other, question)) &&
      isSameChain(item, other, question),
  );
  return whatSettingsSay(item, chain, settings, question);
}

export function whatOwnExpirySays(item: Item, { instance, now }: RetentionQuestion): Said {
  const { origin } = item.session;
  const set = instance.expiries.find(
    (expiry) => expiry.item.kind === item.kind && expiry.item.id === item.id,
  );
  const ofOrigin = origin.kind === 'manual' ? origin.expiresAt : null;
  const expiresAt = set === undefined ? ofOrigin : set.expiresAt;
  return expiresAt !== null && expiresAt <= now
    ? { keep: [], remove: [{ kind: 'manual-expired' }] }
    : { keep: [{ kind: 'manual' }], remove: [] };
}

function whatObsoleteRuleSays({ takenAt }: Item, { obsolete, now }: RetentionQuestion): Said {
  return obsolete.kind === 'after' && periodOver(takenAt, obsolete.period, 'UTC') <= now
    ? { keep: [], remove: [{ kind: 'obsolete', after: obsolete.period }] }
    : { keep: [{ kind: 'no-policy' }], remove: [] };
}

/** Null: no policy rules over it. */
function settingsOf(item: Item, question: RetentionQuestion): RetentionSettings | null {
  const { policy } = question;
  if (policy === null) return null;
  switch (item.kind) {
    case 'snapshot-set':
      return policy.snapshots.retention;
    case 'restore-point':
      return policy.image.retention;
    case 'replica':
      return entryOf(item, question)?.retention ?? null;
  }
}

function entryOf({ replica }: Item, { policy }: RetentionQuestion): ReplicaPolicy | undefined {
  const entries = policy?.replicas ?? [];
  return (
    entries.find(
      ({ target }) =>
        replica !== null &&
        isInPlaceOf(target, replica.target) &&
        target.keyId === replica.target.keyId,
    ) ?? entries.find(({ target }) => replica !== null && isInPlaceOf(target, replica.target))
  );
}

function isSameChain(a: Item, b: Item, question: RetentionQuestion): boolean {
  return a.kind !== 'replica' || entryOf(a, question) === entryOf(b, question);
}

function whatSettingsSay(
  item: Item,
  chain: readonly Item[],
  settings: RetentionSettings,
  question: RetentionQuestion,
): Said {
  const { count, age, gfs } = settings;
  const keep: KeepReason[] = [];
  const remove: RemoveReason[] = [];
  const timeZone = question.policy?.timeZone ?? 'UTC';
  const flagNames = flagsOf(settings);

  if (count === null && age === null && flagNames.length === 0) {
    return item.kind === 'restore-point'
      ? { keep: [{ kind: 'no-rule' }], remove: [] }
      : { keep: [], remove: [{ kind: 'nothing-kept' }] };
  }
  if (count !== null) {
    const newer = chain.filter((other) => comesAfter(other, item));
    if (newer.length < count) keep.push({ kind: 'within-count', keep: count });
    else remove.push({ kind: 'beyond-count', keep: count });
  }
  if (age !== null) {
    if (periodOver(item.takenAt, age, timeZone) > question.now) {
      keep.push({ kind: 'within-age', age });
    } else {
      remove.push({ kind: 'expired', age });
    }
  }
  if (gfs !== null && flagNames.length > 0) {
    const labelOf = (name: GfsFlagName, { takenAt }: Item): string =>
      periodLabel(name, takenAt, gfs, timeZone);
    const had = flagNames.filter(
      (name) =>
        !chain.some(
          (other) => comesAfter(item, other) && labelOf(name, other) === labelOf(name, item),
        ),
    );
    const valid = had.filter((name) => {
      const flag = gfs[name];
      if (flag === null) return false;
      if (flag.kind === 'period') {
        return periodOver(item.takenAt, flag.period, timeZone) > question.now;
      }
      const own = labelOf(name, item);
      const newerPeriods = new Set(chain.map((other) => labelOf(name, other))).values();
      return newerPeriods.filter((label) => label > own).toArray().length < flag.count;
    });
    for (const name of valid) keep.push({ kind: `gfs-${name}`, label: labelOf(name, item) });
    if (valid.length === 0) {
      remove.push(had.length > 0 ? { kind: 'flag-expired', flags: had } : { kind: 'no-flag' });
    }
  }
  return { keep, remove };
}

function flagsOf({ gfs }: RetentionSettings): readonly GfsFlagName[] {
  const names: readonly GfsFlagName[] = ['daily', 'weekly', 'monthly', 'yearly'];
  return names.filter((name) => gfs !== null && gfs[name] !== null);
}
