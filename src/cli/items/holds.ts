import { type FoundHold, knownOr, type ListedHold } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatLocalMinute, formatUtcTime } from '../output/format-time.ts';

export function holdJson({ holdId, instanceId, item, hold, placedAt }: ListedHold): object {
  return { id: holdId, instanceId, item, hold: heldByJson(hold), placedAt };
}

/** As `--json` has it; the note is null when it is forgotten. */
export function heldByJson(hold: ListedHold['hold']): object {
  return hold.kind === 'lock'
    ? { ...hold, until: formatUtcTime(hold.until) }
    : { ...hold, note: knownOr(hold.note, null) };
}

/** One that is released: nobody needs to be able to read its note for that. */
export function foundHoldJson({ holdId, instanceId, item, placedAt }: FoundHold): object {
  return { id: holdId, instanceId, item, placedAt };
}

export function holdTable(holds: readonly ListedHold[]): readonly string[] {
  return formatTable(
    ['HOLD', 'INSTANCE', 'ITEM', 'PLACED', 'IN FORCE'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    holds.map(({ holdId, instanceId, item, hold, placedAt }) => ({
      cells: [
        formatId(holdId),
        instanceId,
        `${item.kind} ${formatId(item.id)}`,
        formatLocalMinute(placedAt),
        hold.kind === 'lock'
          ? `locked until ${formatLocalMinute(hold.until)}`
          : `legal hold: ${knownOr(hold.note, 'its note is forgotten')}`,
      ],
    })),
  );
}
