import { assert } from '../domain/errors/assert.ts';
import { isInForce } from '../domain/instance/hold.ts';
import { isSameTarget } from '../domain/policy/replica-target.ts';
import { cbtBase } from '../domain/retention/cbt-base.ts';
import type { PointItem } from '../domain/retention/history-items.ts';
import { removalsOf } from '../domain/retention/retention-plan.ts';
import { isStillWanted, itemsOf, keyOf, removedKeys } from './any-item.ts';
import { type PlanProperty, planProperty } from './plan-property.ts';

/** What must not be lost is not removed. */
export const safeProperties: readonly PlanProperty[] = [
  planProperty(
    'never removes the base of the next incremental while a policy wants it',
    (given, plan) => {
      const { history, policy } = given;
      if (policy?.image.level !== 'on' || policy.image.changedBlockTracking === 'off') return;
      const base = cbtBase(history);
      if (base === null) return;
      const isRemoved = plan(given).snapshots.remove.some(({ id }) => id === base.setId);
      assert(!isRemoved, `set ${base.setId} is the base and is removed`);
    },
  ),
  planProperty(
    'never removes what is held, in use, or made by hand and not expired',
    (given, plan) => {
      const removed = removedKeys(plan(given));
      const { history, now, during } = given;
      for (const { item, hold } of history.holds) {
        const key = keyOf(item.kind, item.id);
        const isSafe = !isInForce(hold, now) || !removed.has(key);
        assert(isSafe, `${key} is held and is removed`);
      }
      for (const { kind, item } of itemsOf(history)) {
        const { id, usedBy, condition } = item;
        const key = keyOf(kind, id);
        if (!removed.has(key)) continue;
        const users = usedBy.filter((user) => user !== during || condition === 'pending');
        assert(users.length === 0, `${key} is in use and is removed`);
        assert(!isStillWanted(item, now), `${key} is made by hand and is removed`);
      }
    },
  ),
  planProperty(
    'never removes the newest complete copy of a volume that a policy copies',
    (given, plan) => {
      const { history, policy } = given;
      const removed = new Set(plan(given).replicas.remove.map(({ id }) => id));
      for (const { target } of policy?.replicas ?? []) {
        for (const volumeId of history.volumeIds) {
          const newest = history.replicas.findLast(
            (replica) =>
              replica.condition === 'complete' &&
              isSameTarget(replica.target, target) &&
              replica.snapshots.some((snapshot) => snapshot.volumeId === volumeId),
          );
          const isSafe = newest === undefined || !removed.has(newest.id);
          assert(isSafe, `replica ${newest?.id ?? ''} is the newest copy of ${volumeId}`);
        }
      }
    },
  ),
  planProperty('never removes what a copy that is under way is made of', (given, plan) => {
    const removed = new Set(plan(given).snapshots.remove.map(({ id }) => id));
    for (const { id, pendingCopies } of given.history.sets) {
      const isSafe = pendingCopies.length === 0 || !removed.has(id);
      assert(isSafe, `set ${id} is being copied to ${pendingCopies.join(', ')} and is removed`);
    }
  }),
  planProperty('never lets the point go that the next one is compared with', (given, plan) => {
    if (given.policy?.image.level !== 'on') return;
    const inChain = given.history.points.filter(({ expired }) => expired === null);
    const newest = inChain.at(-1);
    const isGoing = plan(given).points.expire.some(({ id }) => id === newest?.id);
    assert(!isGoing, `point ${newest?.id ?? ''} is the newest and leaves the chain`);
  }),
  planProperty('leaves every stored point restorable that was restorable', (given, plan) => {
    if (given.pointDependency === 'independent') return;
    const { points } = given.history;
    const removed = new Set<string>(removalsOf(plan(given)).map(({ id }) => id));
    const existing = new Map(points.map((point) => [point.id, point]));
    for (const point of points) {
      if (removed.has(point.id) || !isRestorable(point, existing)) continue;
      const left = new Map(points.filter(({ id }) => !removed.has(id)).map((one) => [one.id, one]));
      assert(isRestorable(point, left), `point ${point.id} cannot be restored any more`);
    }
  }),
];

function isRestorable(point: PointItem, existing: ReadonlyMap<string, PointItem>): boolean {
  return point.parents.every((id) => {
    const parent = existing.get(id);
    return parent !== undefined && isRestorable(parent, existing);
  });
}
