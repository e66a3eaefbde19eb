import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { ChainItem } from '../../../../src/domain/retention/chain-item.ts';
import type {
  GfsFlagName,
  KeepReason,
  RemoveReason,
} from '../../../../src/domain/retention/retention-reasons.ts';
import type {
  RetentionRule,
  RulesOf,
  RuleVerdict,
} from '../../../../src/domain/retention/retention-rule.ts';
import type { GfsSettings } from '../../../../src/domain/retention/retention-settings.ts';
import { periodLabel, periodOver } from './oracle-calendar.ts';

/** The rules of docs/retention.md a second time, as rules; item by item, and with another calendar. */
export const naiveRulesOf: RulesOf = ({ count, age, gfs }, timeZone) => {
  const rules: RetentionRule[] = [];
  if (count !== null) {
    rules.push(
      forEach((item, chain) =>
        chain.filter(({ order }) => order > item.order).length < count
          ? keep({ kind: 'within-count', keep: count })
          : remove({ kind: 'beyond-count', keep: count }),
      ),
    );
  }
  if (age !== null) {
    rules.push(
      forEach(({ takenAt }, _, now) =>
        periodOver(takenAt, age, timeZone) > now
          ? keep({ kind: 'within-age', age })
          : remove({ kind: 'expired', age }),
      ),
    );
  }
  if (gfs !== null && namesOf(gfs).length > 0) {
    rules.push(forEach((item, chain, now) => byFlags(item, chain, { gfs, timeZone, now })));
  }
  return rules;
};

function forEach(
  verdictOn: (item: ChainItem, chain: readonly ChainItem[], now: TimestampMs) => RuleVerdict,
): RetentionRule {
  return (chain, now) => new Map(chain.map((item) => [item.id, verdictOn(item, chain, now)]));
}

interface Flags {
  readonly gfs: GfsSettings;
  readonly timeZone: string;
  readonly now: TimestampMs;
}

function byFlags(item: ChainItem, chain: readonly ChainItem[], flags: Flags): RuleVerdict {
  const { gfs, timeZone } = flags;
  const label = (name: GfsFlagName, { takenAt }: ChainItem): string =>
    periodLabel(name, takenAt, gfs, timeZone);
  const had = namesOf(gfs).filter((name) => {
    const own = label(name, item);
    return !chain.some((other) => other.order < item.order && label(name, other) === own);
  });
  const valid = had.filter((name) => {
    const flag = gfs[name];
    if (flag?.kind === 'period') {
      return periodOver(item.takenAt, flag.period, timeZone) > flags.now;
    }
    const labels = new Set(chain.map((other) => label(name, other)));
    const newer = [...labels].filter((one) => one > label(name, item));
    return newer.length < (flag?.count ?? 0);
  });
  if (valid.length > 0) {
    return {
      keep: valid.map((name) => ({ kind: `gfs-${name}`, label: label(name, item) })),
    };
  }
  return remove(had.length > 0 ? { kind: 'flag-expired', flags: had } : { kind: 'no-flag' });
}

function namesOf(gfs: GfsSettings): readonly GfsFlagName[] {
  const names: readonly GfsFlagName[] = ['daily', 'weekly', 'monthly', 'yearly'];
  return names.filter((name) => gfs[name] !== null);
}

function keep(reason: KeepReason): RuleVerdict {
  return { keep: [reason] };
}

function remove(reason: RemoveReason): RuleVerdict {
  return { remove: reason };
}
