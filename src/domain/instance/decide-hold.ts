import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { HoldId, TimestampMs } from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { type Hold, isInForce, recordHold } from './hold.ts';
import type { InstanceEvent } from './instance-events.ts';
import { instanceLimits } from './instance-limits.ts';
import type { InstanceState } from './instance-state.ts';
import { assertNotBeingRemoved } from './split-removals.ts';

interface HoldToPlace {
  readonly holdId: HoldId;
  readonly item: ItemRef;
  readonly hold: Hold;
  readonly now: TimestampMs;
}

export function decideHold(
  { holdId, item, hold, now }: HoldToPlace,
  state: InstanceState,
): readonly InstanceEvent[] {
  if (state.holds.some((placed) => placed.holdId === holdId)) return [];
  assertAllowed(hold, now);
  assertNotBeingRemoved(item, state);
  const inForce = state.holds.filter((placed) => isInForce(placed.hold, now) && !isOwnLock(placed));
  if (!isOwnLock({ holdId, item }) && inForce.length >= instanceLimits.holdsMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `the instance has ${inForce.length} holds in force, the most that are allowed`,
      { remedy: 'Release holds that are not needed any more.' },
    );
  }
  return [{ type: 'HoldPlaced', data: { holdId, item, hold: recordHold(hold), placedAt: now } }];
}

/** The lock that a point is made with: there is one for each, and none of them can be done without. */
function isOwnLock({ holdId, item }: Pick<HoldToPlace, 'holdId' | 'item'>): boolean {
  return (holdId as string) === item.id;
}

export function releaseHold(
  { holdId, now }: { readonly holdId: HoldId; readonly now: TimestampMs },
  state: InstanceState,
): readonly InstanceEvent[] {
  const placed = state.holds.find((one) => one.holdId === holdId);
  if (placed === undefined) {
    throw new SnapledgerError('UNKNOWN_HOLD', `the instance has no hold '${holdId}'`, {
      remedy: "'snapledger hold list' shows the holds; one that was released is not among them.",
    });
  }
  const { hold } = placed;
  if (hold.kind === 'lock' && isInForce(hold, now)) {
    throw new SnapledgerError(
      'HOLD_IN_FORCE',
      `the lock ${holdId} is in force until ${new Date(hold.until).toISOString()}`,
      { remedy: 'Wait until then: a lock cannot be released before its time is over.' },
    );
  }
  return [{ type: 'HoldReleased', data: { holdId, releasedAt: now } }];
}

function assertAllowed(hold: Hold, now: TimestampMs): void {
  if (hold.kind === 'lock') {
    if (Number.isSafeInteger(hold.until) && isInForce(hold, now)) return;
    throw new SnapledgerError('INVALID_ARGUMENT', 'a lock has to last until a time to come', {
      remedy: 'Give a later time.',
    });
  }
  const { holdNoteMaxLength } = instanceLimits;
  if (hold.note.length <= holdNoteMaxLength) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the note of a legal hold has ${hold.note.length} characters; ${holdNoteMaxLength} are allowed`,
    { remedy: 'Shorten the note.' },
  );
}
