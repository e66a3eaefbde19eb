import type { Check } from './checked-run.ts';

/**
 * What is held is never removed, whoever came first: a hold that was recorded, and not released, is
 * on something that is still there. What was made by hand and never expires is there as well.
 */
export const checkHolds: Check = ({ ledger }) => {
  const removed = new Set<string>(
    ledger.backups.flatMap(({ state }) => [
      ...state.removed.sets,
      ...state.removed.replicas,
      ...state.removed.points,
      // Its removal was tried, and may have succeeded by half.
      ...state.unremoved.sets,
      ...state.unremoved.replicas,
      ...state.unremoved.points,
    ]),
  );
  const begun = new Map<string, number>();
  for (const { event, position } of ledger.claims) {
    if (event.type !== 'RemovalsBegun') continue;
    for (const { id } of event.data.items) if (!begun.has(id)) begun.set(id, position);
  }
  const released = new Set(
    ledger.claims.flatMap(({ event }) =>
      event.type === 'HoldReleased' ? [event.data.holdId] : [],
    ),
  );
  const held = ledger.claims.flatMap(({ event, position }) =>
    event.type === 'HoldPlaced' && !released.has(event.data.holdId)
      ? [{ id: event.data.item.id, position }]
      : [],
  );
  const byHand = ledger.backups
    .filter(({ state }) => state.origin.kind === 'manual' && state.origin.expiresAt === null)
    .flatMap(({ state }) => [state.snapshotSet, state.point])
    .flatMap((item) => (item === null ? [] : 'setId' in item ? item.setId : item.pointId));
  return [
    ...held
      // A removal that had been tried in vain before the hold may have left it by half.
      .filter(({ id, position }) => removed.has(id) && (begun.get(id) ?? position) >= position)
      .map(({ id }) => `${id} was removed, although a hold is on it`),
    ...byHand
      .filter((id) => removed.has(id))
      .map((id) => `${id} was made by hand, never expires, and was removed`),
  ];
};
