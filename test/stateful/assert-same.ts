import assert from 'node:assert/strict';
import type { ModelInstance } from './model-instance.ts';
import { type RealInstance, web } from './real-instance.ts';

/** The world is as the books have it, and the engine would go on as they say. */
export async function assertSame(model: ModelInstance, real: RealInstance): Promise<void> {
  const expected = model.items.map(({ id }) => id).toSorted();
  if (real.sessionIds.length === 0) return;
  const before = real.now();
  const { plan, history } = await real.engine.describeItems(web);
  const existing = await real.existing(history.replicas);
  assert.deepEqual(existing, expected, 'what exists is what the model has');
  const going = [
    ...[...plan.snapshots.remove, ...plan.replicas.remove].map(({ id }) => id),
    ...plan.points.expire.filter(({ held }) => held.length === 0).map(({ id }) => id),
  ].toSorted();
  // Something may expire while the question is asked.
  const ofThen = model.wouldGo(before, null).gone.toSorted();
  const ofNow = model.wouldGo(real.now(), null).gone.toSorted();
  if (JSON.stringify(ofThen) === JSON.stringify(ofNow)) {
    assert.deepEqual(going, ofNow, 'what would go is what the model says');
  }
}
