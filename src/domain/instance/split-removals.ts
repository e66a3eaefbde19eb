import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { TimestampMs } from '../identifiers.ts';
import { type ItemRef, isSameItem } from '../retention/retention-plan.ts';
import { isInForce, type WithheldItem } from './hold.ts';
import type { InstanceState } from './instance-state.ts';

/** Parts what may be removed from what became held between the decision and now. */
export function splitRemovals(
  items: readonly ItemRef[],
  { holds, expiries }: InstanceState,
  now: TimestampMs,
): { readonly items: readonly ItemRef[]; readonly withheld: readonly WithheldItem[] } {
  const heldBy = new Map(
    holds
      .filter(({ hold }) => isInForce(hold, now))
      .map(({ item, holdId }) => [keyOf(item), holdId]),
  );
  const putOff = new Set(
    expiries
      .filter(({ expiresAt }) => expiresAt === null || now < expiresAt)
      .map(({ item }) => keyOf(item)),
  );
  const mayGo: ItemRef[] = [];
  const withheld: WithheldItem[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const holdId = heldBy.get(key) ?? null;
    if (holdId !== null || putOff.has(key)) withheld.push({ item, holdId });
    else mayGo.push(item);
  }
  return { items: mayGo, withheld };
}

/** @throws ITEM_BEING_REMOVED */
export function assertNotBeingRemoved(item: ItemRef, { removals }: InstanceState): void {
  if (!removals?.items.some((one) => isSameItem(one, item))) return;
  throw new SnapledgerError(
    'ITEM_BEING_REMOVED',
    `session ${removals.sessionId} has begun to remove ${item.kind} ${item.id}`,
    { remedy: 'It is too late for this one; take another one.' },
  );
}

function keyOf({ kind, id }: ItemRef): string {
  return `${kind} ${id}`;
}
