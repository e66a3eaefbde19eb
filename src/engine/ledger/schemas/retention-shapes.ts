import type {
  RecordedChain,
  RecordedExpiry,
  RecordedItem,
  RecordedPlan,
} from '../../../domain/retention/recorded-plan.ts';
import type { KeepReason, RemoveReason } from '../../../domain/retention/retention-reasons.ts';
import { choice, nullable, object, type Shape, variants } from '../../../domain/shape/shape.ts';
import { amount, id, many, period, timestamp, words } from './event-fields.ts';

const gfsLabel = { label: id() };
const hostRule = { rule: words, detail: words };

export const keepReason: Shape<KeepReason> = variants<KeepReason>({
  'within-count': { keep: amount },
  'within-age': { age: period },
  'gfs-daily': gfsLabel,
  'gfs-weekly': gfsLabel,
  'gfs-monthly': gfsLabel,
  'gfs-yearly': gfsLabel,
  'cbt-base': { pointId: id() },
  'replica-base': { volumeIds: many(id()) },
  'parent-point': {},
  'needed-by': { pointId: id() },
  'copy-source': { replicaSetId: id() },
  'in-use': { sessionId: id() },
  locked: { holdId: id() },
  'legal-hold': { holdId: id() },
  manual: {},
  'no-policy': {},
  'no-rule': {},
  'host-rule': hostRule,
});

export const removeReason: Shape<RemoveReason> = variants<RemoveReason>({
  'beyond-count': { keep: amount },
  expired: { age: period },
  'flag-expired': { flags: many(choice('daily', 'weekly', 'monthly', 'yearly')) },
  'no-flag': {},
  'nothing-kept': {},
  'manual-expired': {},
  obsolete: { after: period },
  incomplete: {},
  'host-rule': hostRule,
});

const item = { id: id(), takenAt: timestamp, reasons: many(amount) };
const items = many(object<RecordedItem>(item));
const chain = object<RecordedChain>({ keep: items, remove: items });

export const recordedPlan: Shape<RecordedPlan> = object<RecordedPlan>({
  decidedAt: nullable(timestamp),
  keepReasons: many(keepReason),
  removeReasons: many(removeReason),
  snapshots: chain,
  replicas: chain,
  points: object<RecordedPlan['points']>({
    dependency: choice('independent', 'needs-parent'),
    keep: items,
    expire: many(
      object<RecordedExpiry>({ ...item, expiredAt: nullable(timestamp), held: many(amount) }),
    ),
  }),
  unlisted: amount,
  postponed: amount,
});
