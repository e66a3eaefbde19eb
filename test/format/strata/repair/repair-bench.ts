import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import {
  type FormatBench,
  instanceId,
  volumeId,
} from '../../../../src/conformance/format-bench.ts';
import { blockOf, type ModelVolume } from '../../../../src/conformance/model-volume.ts';
import type { BlocksElsewhere, Repairer, RepairOutcome } from '../../../../src/format/repairer.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { VerifyFinding } from '../../../../src/format/verification.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';

export const nowhere: BlocksElsewhere = () => Readable.from([]);

/** What a snapshot of the volume gives. */
export function snapshotOf(volume: ModelVolume): BlocksElsewhere {
  return async function* ({ blockIndex }) {
    await Promise.resolve();
    yield blockOf(volume, blockIndex).slice();
  };
}

export function repairerOf({ repository }: FormatBench): Repairer {
  return repository.repairer ?? assert.fail('strata can heal');
}

export async function findings({ repository }: FormatBench): Promise<readonly VerifyFinding[]> {
  const found: VerifyFinding[] = [];
  for await (const one of repository.verify({ depth: 'deep' })) {
    if (one.kind === 'finding') found.push(one);
  }
  return found;
}

export async function suspectsOf(bench: FormatBench): Promise<ReadonlySet<string>> {
  return new Set((await findings(bench)).map(({ objectKey }) => objectKey));
}

/** Finds what is damaged and heals what can be. */
export async function repairAll(
  bench: FormatBench,
  elsewhere: BlocksElsewhere = nowhere,
): Promise<RepairOutcome> {
  const suspects = await suspectsOf(bench);
  return await repairerOf(bench).repair(instanceId, bench.newSession(), {
    suspects,
    elsewhere,
  });
}

export async function collect({ repository }: FormatBench): Promise<void> {
  const collector = repository.collector ?? assert.fail('strata has a collector');
  for await (const step of collector.run()) assert.ok(step.kind);
}

export async function endAll({ repository }: FormatBench): Promise<void> {
  for (const { sessionId } of (await repository.collector?.openWriters()) ?? []) {
    await repository.discardWriter(sessionId, instanceId);
  }
}

export async function packsOf(
  { objectStore }: FormatBench,
  { pointId }: PointManifest,
  kind: 'data' | 'map',
): Promise<readonly ObjectKey[]> {
  const keys: ObjectKey[] = [];
  for await (const { key } of objectStore.list(`packs/${pointId}/`)) {
    const header = await objectStore.get(key, { offset: 0, lengthBytes: 8 });
    if ((header[5] === 1) === (kind === 'data')) keys.push(key);
  }
  return keys;
}

export async function packOf(
  bench: FormatBench,
  point: PointManifest,
  kind: 'data' | 'map',
): Promise<ObjectKey> {
  const [key, ...others] = await packsOf(bench, point, kind);
  assert.ok(key !== undefined && others.length === 0, `one pack of ${kind}`);
  return key;
}

/** Changes bytes where they lie; a negative place counts from the end. */
export async function damage(
  store: ObjectStore,
  key: ObjectKey,
  ...places: readonly number[]
): Promise<void> {
  const bytes = await store.get(key);
  for (const place of places) {
    const at = place < 0 ? bytes.length + place : place;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
  await store.delete(key);
  await store.create(key, bytes);
}

/** Where the records of a pack begin, by their headers. */
export async function recordOffsets(
  store: ObjectStore,
  key: ObjectKey,
): Promise<readonly number[]> {
  const bytes = Buffer.from(await store.get(key));
  const offsets: number[] = [];
  for (let at = 40; at < bytes.length; at += bytes.readUInt32LE(at + 44) + 92) offsets.push(at);
  return offsets;
}

/** The blocks of a point that cannot be read. */
export async function unreadable(
  { repository }: FormatBench,
  { pointId }: PointManifest,
  volume: ModelVolume,
): Promise<readonly number[]> {
  const reader = await repository.openPoint(pointId);
  const blocks: number[] = [];
  for await (const run of reader.readVolume(volumeId)) {
    if (run.kind === 'damage') {
      for (let n = 0; n < run.blockCount; n += 1) blocks.push(run.firstBlock + n);
      continue;
    }
    let offset = 0;
    for (let n = 0; n < run.blockCount && run.state === 'data'; n += 1) {
      const expected = blockOf(volume, run.first + n);
      const found = run.bytes.subarray(offset, offset + expected.length);
      assert.equal(Buffer.compare(found, expected), 0, `block ${run.first + n}`);
      offset += expected.length;
    }
  }
  return blocks;
}
