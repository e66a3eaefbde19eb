import assert from 'node:assert/strict';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
} from '../../../src/conformance/format-bench.ts';
import { modelVolume, type ModelVolume, text } from '../../../src/conformance/model-volume.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';

export interface MergeableChain {
  readonly on: FormatBench;
  readonly base: PointManifest;
  /** Shows the first half of the base through its own image. */
  readonly kept: PointManifest;
  readonly keptVolume: ModelVolume;
}

export async function mergeableChain(): Promise<MergeableChain> {
  const on = await FormatBench.create(createQcow2Format('sealed', cheapHardness));
  const before = modelVolume(text(0, 12));
  const keptVolume = modelVolume([...text(0, 6), ...text(20, 26)]);
  const base = await on.backUp(before, allocated(before));
  const kept = await on.backUp(keptVolume, changed(before, keptVolume), base);
  return { on, base, kept, keptVolume };
}

/** Merges the base into what is kept, and removes it and all that nobody needs then. */
export async function mergeAndCollect({ on, base }: MergeableChain): Promise<void> {
  const { merger, collector } = on.repository;
  assert.ok(merger !== null && collector !== null);
  const options = { unwanted: new Set([base.pointId]), maxBytes: 1024 ** 4 };
  await Array.fromAsync(merger.merge(instanceId, on.newSession(), options));
  await on.repository.removePoint(base.pointId, instanceId);
  await Array.fromAsync(collector.run());
}

/** Forwards to `inner`, and calls `before` ahead of every get. */
export function observeGets(
  inner: ObjectStore,
  before: (key: string) => Promise<void>,
): ObjectStore {
  return {
    create: (key, body, options) => inner.create(key, body, options),
    async get(key, range, room) {
      await before(key);
      return await inner.get(key, range, room);
    },
    head: (key) => inner.head(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (key) => inner.delete(key),
    retention: inner.retention,
  };
}
