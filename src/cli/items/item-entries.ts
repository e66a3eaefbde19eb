import {
  estimateMonthlyCost,
  type InstanceId,
  type InstanceItems,
  type ItemRef,
  type ItemSize,
  type KeepReason,
  type PriceTable,
  type RemoveReason,
  type TimestampMs,
} from '../../index.ts';
import { formatLocalMinute, formatUtcTime } from '../output/format-time.ts';
import { keepReasonsInWords, removeReasonsInWords } from '../wording/retention.ts';

/** An item, and what retention says of it. */
export interface ItemEntry {
  readonly id: string;
  readonly kind: ItemRef['kind'];
  readonly instanceId: InstanceId;
  readonly takenAt: TimestampMs;
  /** `expire`: a restore point that leaves the chain and cannot be removed yet. */
  readonly decision: 'keep' | 'remove' | 'expire';
  readonly reasons: readonly (KeepReason | RemoveReason)[];
  /** What keeps an expired point from being removed. */
  readonly held: readonly KeepReason[];
  readonly inWords: string;
  readonly size: ItemSize | null;
  /** When what keeps it is over by today's rules; null when time alone does not decide. */
  readonly until: TimestampMs | null;
}

/** All items of an instance, kind by kind, each kind in the order of its chain. */
export function itemEntries({
  instanceId,
  plan,
  sizes,
  until,
}: InstanceItems): readonly ItemEntry[] {
  const { snapshots, replicas, points } = plan;
  const entry = (
    kind: ItemRef['kind'],
    { id, takenAt, reasons }: Pick<ItemEntry, 'id' | 'takenAt' | 'reasons'>,
    said: Pick<ItemEntry, 'decision' | 'held' | 'inWords'>,
  ): ItemEntry => ({
    id,
    kind,
    instanceId,
    takenAt,
    reasons,
    ...said,
    size: sizes.get(id) ?? null,
    until: until.get(id) ?? null,
  });
  const chain = (
    kind: 'snapshot-set' | 'replica',
    { keep, remove }: InstanceItems['plan']['snapshots' | 'replicas'],
  ): readonly ItemEntry[] => [
    ...keep.map((item) => entry(kind, item, kept(item.reasons, kind))),
    ...remove.map((item) => entry(kind, item, going(item.reasons, kind))),
  ];
  const ofPoints = [
    ...points.keep.map((item) => entry('restore-point', item, kept(item.reasons, 'restore-point'))),
    ...points.expire.map((item) => {
      const said = going(item.reasons, 'restore-point');
      if (item.held.length === 0) return entry('restore-point', item, said);
      const inWords = `${said.inWords}; not removed yet: ${keepReasonsInWords(item.held, 'restore-point')}`;
      return entry('restore-point', item, { decision: 'expire', held: item.held, inWords });
    }),
  ];
  return [chain('snapshot-set', snapshots), chain('replica', replicas), ofPoints].flatMap(
    (entries) => entries.toSorted((a, b) => a.takenAt - b.takenAt),
  );
}

function kept(
  reasons: readonly KeepReason[],
  kind: ItemRef['kind'],
): Pick<ItemEntry, 'decision' | 'held' | 'inWords'> {
  return { decision: 'keep', held: [], inWords: keepReasonsInWords(reasons, kind) };
}

function going(
  reasons: readonly RemoveReason[],
  kind: ItemRef['kind'],
): Pick<ItemEntry, 'decision' | 'held' | 'inWords'> {
  return { decision: 'remove', held: [], inWords: removeReasonsInWords(reasons, kind) };
}

/** As `--json` has it; the estimate only where there are prices. */
export function itemJson(
  { id, kind, instanceId, takenAt, decision, reasons, held, until, size }: ItemEntry,
  prices: PriceTable | null,
): object {
  const json = { id, kind, instanceId, takenAt, decision, reasons, until: utcOrNull(until) };
  const withHeld = decision === 'expire' ? { ...json, held } : json;
  if (size === null || prices === null) return withHeld;
  const { sizeBytes, basis } = size;
  const amount = estimateMonthlyCost(size, prices);
  return {
    ...withHeld,
    estimatedMonthlyCost: { amount, currency: prices.currency, sizeBytes, basis },
  };
}

function utcOrNull(timestamp: TimestampMs | null): string | null {
  return timestamp === null ? null : formatUtcTime(timestamp);
}

/** `2026-03-29 07:00`, or nothing when time alone does not decide. */
export function untilInWords({ until }: Pick<ItemEntry, 'until'>): string {
  return until === null ? '' : formatLocalMinute(until);
}

/** What retention is about to do with it, in two words. */
export const decisionInWords = {
  keep: 'stays',
  remove: 'goes next',
  expire: 'expired',
} as const satisfies Record<ItemEntry['decision'], string>;

/** The estimate of what it costs a month; `at most` where only an upper bound is known. */
export function costInWords({ size }: Pick<ItemEntry, 'size'>, prices: PriceTable): string {
  if (size === null) return '?';
  const amount = estimateMonthlyCost(size, prices);
  if (amount > 0 && amount < amountShownMin) return `< ${amountShownMin}`;
  const digits = amount === 0 || amount >= 1 ? amount.toFixed(2) : amount.toPrecision(2);
  return size.basis === 'at-most' ? `<= ${digits}` : digits;
}

/** Of less nobody pays attention to how much less. */
const amountShownMin = 0.001;
