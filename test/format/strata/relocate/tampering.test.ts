import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertBlocksAre } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';

const first = modelVolume(text(0, 70));
const second = modelVolume([...text(0, 10), ...text(100, 160)]);
const third = modelVolume([...text(0, 2), ...text(200, 268)]);
const maxBytes = 1024 * 1024 * 1024;

/** The point was moved twice; of the first relocation and its claim there is a copy of before. */
describe('who can write to the store, and what relocations say', () => {
  let on: FormatBench;
  let point: PointManifest;
  let older: readonly ObjectKey[];
  let newer: readonly ObjectKey[];
  const copies = new Map<ObjectKey, Uint8Array>();

  before(async () => {
    on = await FormatBench.create(cheapStrata);
    const one = await on.backUp(first, allocated(first));
    const two = await on.backUp(second, changed(first, second), one);
    await on.repository.removePoint(one.pointId, instanceId);
    older = await move();
    await collect(on);
    for (const key of older) copies.set(key, await on.objectStore.get(key));
    point = await on.backUp(third, changed(second, third), two);
    await on.repository.removePoint(two.pointId, instanceId);
    newer = await move();
    assert.notDeepEqual(newer, []);
    await collect(on);
    for (const key of older) assert.equal(await on.objectStore.head(key), null, key);
  });

  /** The keys of the relocation and of its claim. */
  async function move(): Promise<readonly ObjectKey[]> {
    const session = on.newSession();
    const { pointsMoved } = await relocatorOf(on).repack(instanceId, session, { maxBytes });
    assert.ok(pointsMoved > 0, 'something was moved');
    const claims = await Array.fromAsync(on.objectStore.list(`relocations/${instanceId}/`));
    const claim = claims.find(({ key }) => key.endsWith(session));
    assert.ok(claim !== undefined);
    return [`points/${instanceId}/${session}` as ObjectKey, claim.key];
  }

  it('a relocation that was removed and is put back counts no more, and goes again', async () => {
    const disk = await copyOfStore(on.objectStore);
    for (const [key, bytes] of copies) await disk.create(key, bytes);
    await assertReads(disk);
    const bench = await reopenStrata(on, disk);
    await collect(bench);
    for (const key of older) assert.equal(await disk.head(key), null, key);
    await assertReads(disk);
  });

  it('one in the place of another is damage, and not what it says', async () => {
    const [relocation] = newer;
    const [other] = older;
    assert.ok(relocation !== undefined && other !== undefined);
    const disk = await copyOfStore(on.objectStore);
    await disk.delete(relocation);
    await disk.create(relocation, copies.get(other) ?? assert.fail('a copy'));
    const bench = await reopenStrata(on, disk);
    const found = await Array.fromAsync(bench.repository.verify({ depth: 'structure' }));
    const keys = found.flatMap((each) => (each.kind === 'finding' ? [each.objectKey] : []));
    assert.ok(keys.includes(relocation), keys.join());
    await assert.rejects(collect(bench), { code: 'COLLECTION_BLOCKED' });
  });

  it('a claim of a higher number for the same session changes nothing', async () => {
    const [, claim] = newer;
    assert.ok(claim !== undefined);
    const disk = await copyOfStore(on.objectStore);
    const [, session = ''] = /-(.{36})$/.exec(claim) ?? [];
    const made = `relocations/${instanceId}/ffffff00-${session}` as ObjectKey;
    await disk.create(made, await disk.get(claim));
    await assertReads(disk);
    const bench = await reopenStrata(on, disk);
    await collect(bench);
    assert.equal(await disk.head(made), null, 'it is void');
    assert.notEqual(await disk.head(claim), null);
    await assertReads(disk);
  });

  async function assertReads(disk: ObjectStore): Promise<void> {
    const bench = await reopenStrata(on, disk);
    await assertBlocksAre(bench.repository, point.pointId, third, [0, 1, 2, 69]);
  }
});

function relocatorOf({
  repository,
}: FormatBench): NonNullable<FormatBench['repository']['relocator']> {
  return repository.relocator ?? assert.fail('strata can move data');
}

async function collect({ repository }: FormatBench): Promise<void> {
  const collector = repository.collector ?? assert.fail('strata has a collector');
  for await (const step of collector.run()) assert.ok(step.kind);
}
