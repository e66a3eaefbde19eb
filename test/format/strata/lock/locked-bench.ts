import assert from 'node:assert/strict';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import { FormatBench, optionsOn } from '../../../../src/conformance/format-bench.ts';
import type { ModelVolume } from '../../../../src/conformance/model-volume.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import { removalMarkKey } from '../../../../src/format/strata/object/object-keys.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import { threadlessStrata } from '../../../support/format/cheap-strata.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';

export const dayMs = 24 * 60 * 60 * 1000;
export const pointDays = 30;
/** The first moment of a generation: multiples of ten days since 1970. */
export const startMs = 2200 * 10 * dayMs;

/** A repository whose points are locked for 30 days, with a clock that is set. */
export interface LockedBench {
  readonly on: FormatBench;
  /** What it is stored in. */
  readonly disk: ObjectStore;
  readonly now: () => TimestampMs;
  /** Days since the start. */
  readonly set: (days: number) => void;
  /** The repository as another process opens it, possibly through another store. */
  readonly reopen: (store?: ObjectStore) => Promise<FormatBench>;
}

export async function lockedBench(): Promise<LockedBench> {
  let nowMs = startMs;
  const now = (): TimestampMs => nowMs as TimestampMs;
  const disk = createMemoryObjectStore({ lock: { pointDays, clock: { now } } });
  const options = (store: ObjectStore): ReturnType<typeof optionsOn> => {
    const given = optionsOn(store);
    return {
      ...given,
      clock: { ...given.clock, now, sleep: (ms, signal) => given.clock.sleep(ms, signal) },
    };
  };
  const repository = await threadlessStrata.createRepository(options(disk));
  return {
    on: new FormatBench(disk, repository, threadlessStrata),
    disk,
    now,
    set: (days) => {
      nowMs = startMs + days * dayMs;
    },
    reopen: async (store = disk) =>
      new FormatBench(
        store,
        await threadlessStrata.openRepository(options(store)),
        threadlessStrata,
      ),
  };
}

/** Everything that somebody with all rights in the store can do: removes what goes, and marks points as removed. */
export async function attack({ disk }: LockedBench): Promise<readonly ObjectKey[]> {
  const gone: ObjectKey[] = [];
  for (const { key } of await Array.fromAsync(disk.list(''))) {
    try {
      await disk.delete(key);
      gone.push(key);
    } catch (error) {
      assert.ok(hasErrorCode(error, 'OBJECT_HELD'), key);
    }
  }
  return gone;
}

export async function markAsRemoved(
  { disk }: LockedBench,
  { instanceId, pointId }: PointManifest,
): Promise<void> {
  await disk.create(removalMarkKey(instanceId, pointId), new Uint8Array([1, 2, 3]));
}

/** The points are there, byte by byte, for a program that begins now. */
export async function assertRestores(
  bench: LockedBench,
  points: readonly (readonly [PointManifest, ModelVolume])[],
): Promise<void> {
  const { repository } = await bench.reopen();
  const listed = (await Array.fromAsync(repository.listPoints())).map(({ pointId }) => pointId);
  assert.deepEqual(listed.toSorted(), points.map(([{ pointId }]) => pointId).toSorted());
  for (const [{ pointId }, volume] of points) await assertPointIs(repository, pointId, volume);
  const findings = await Array.fromAsync(repository.verify({ depth: 'deep' }));
  assert.deepEqual(
    findings.filter(({ kind }) => kind === 'finding'),
    [],
  );
}

/** The keys of which the lock is prolonged while this is done. */
export async function extendedBy(
  bench: LockedBench,
  work: (through: FormatBench) => Promise<unknown>,
): Promise<readonly string[]> {
  const extended: string[] = [];
  const store = createHookedObjectStore(bench.disk, {
    before: ({ method, key }) => {
      if (method === 'extend') extended.push(key);
      return Promise.resolve();
    },
  });
  await work(await bench.reopen(store));
  return extended;
}
