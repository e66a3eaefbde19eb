import { addPeriod } from '../calendar/add-period.ts';
import { formatDate, type LocalDate } from '../calendar/local-date.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { ChainItem } from './chain-item.ts';
import { type GfsPeriods, gfsPeriods } from './gfs-period.ts';
import type { GfsFlagName, KeepReason } from './retention-reasons.ts';
import type { RetentionRule, RuleVerdict } from './retention-rule.ts';
import type { GfsFlag, GfsSettings } from './retention-settings.ts';

const flagNames: readonly GfsFlagName[] = ['daily', 'weekly', 'monthly', 'yearly'];

/**
 * Grandfather-father-son: keeps what has a flag. The first item of a period has its flag, so a
 * schedule that was missed does not lose it: the next item takes it. Flags follow from the chain
 * and are stored nowhere, so other settings apply to what is there already.
 */
export function gfsRule(settings: GfsSettings, timeZone: string): RetentionRule {
  return (chain, now) => {
    const flagged = flagNames.flatMap((name) => {
      const flag = settings[name];
      if (flag === null) return [];
      const firsts = firstsOf(chain, gfsPeriods(name, settings, timeZone));
      return [{ name, firsts, valid: validPeriods(firsts, flag, timeZone, now) }];
    });
    return new Map(
      chain.map(({ id }): [string, RuleVerdict] => {
        const had: GfsFlagName[] = [];
        const keep: KeepReason[] = [];
        for (const { name, firsts, valid } of flagged) {
          const period = firsts.periodOf.get(id);
          if (period === undefined) continue;
          had.push(name);
          if (valid.has(period)) keep.push({ kind: `gfs-${name}`, label: formatDate(period) });
        }
        if (keep.length > 0) return [id, { keep }];
        return [
          id,
          { remove: had.length > 0 ? { kind: 'flag-expired', flags: had } : { kind: 'no-flag' } },
        ];
      }),
    );
  };
}

/** The first item of each period that has one, both ways. */
interface Firsts {
  readonly itemOf: ReadonlyMap<LocalDate, ChainItem>;
  readonly periodOf: ReadonlyMap<string, LocalDate>;
}

function firstsOf(chain: readonly ChainItem[], periods: GfsPeriods): Firsts {
  const itemOf = new Map<LocalDate, ChainItem>();
  const periodOf = new Map<string, LocalDate>();
  for (const item of chain) {
    const period = periods.beginningOf(item.takenAt);
    if (itemOf.has(period)) continue;
    itemOf.set(period, item);
    periodOf.set(item.id, period);
  }
  return { itemOf, periodOf };
}

/** The periods whose flag still counts. */
function validPeriods(
  { itemOf }: Firsts,
  flag: GfsFlag,
  timeZone: string,
  now: TimestampMs,
): ReadonlySet<LocalDate> {
  switch (flag.kind) {
    case 'count': {
      const newestFirst = [...itemOf.keys()].sort((a, b) => b - a);
      return new Set(newestFirst.slice(0, flag.count));
    }
    case 'period': {
      const { period } = flag;
      const young = [...itemOf].filter(
        ([, { takenAt }]) => now < addPeriod(takenAt, period, timeZone),
      );
      return new Set(young.map(([date]) => date));
    }
  }
}
