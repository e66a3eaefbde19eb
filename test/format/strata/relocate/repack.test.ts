import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { Relocator } from '../../../../src/format/relocator.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import { assertBlocksAre, assertPointIs } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
  passphrase,
} from '../../../../src/conformance/format-bench.ts';
import { blockOf, modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { RecordReader } from '../../../../tools/strata-reader/record-reader.ts';
import { openRepository as openWithSecond } from '../../../../tools/strata-reader/repository.ts';
import { readPoints } from '../../../../tools/strata-reader/repository.ts';
import { restoreVolume } from '../../../../tools/strata-reader/restore-volume.ts';
import { verifyRepository as verifyWithSecond } from '../../../../tools/strata-reader/verify-repository.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { readerOf } from '../../../support/golden/golden-readers.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { dyingStore } from '../../../support/object-store/dying-object-store.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';

const first = modelVolume(text(0, 70));
const secondVolume = modelVolume([...text(0, 10), ...text(100, 160)]);
const third = modelVolume([...text(0, 10), ...text(100, 159), 'zero']);
const maxBytes = 1024 * 1024 * 1024;

/** Of the first point's 70 blocks the other two need ten; then the first one is removed. */
describe('repacking', () => {
  let on: FormatBench;
  let points: readonly [PointManifest, PointManifest, PointManifest];
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    const one = await on.backUp(first, allocated(first));
    const two = await on.backUp(secondVolume, changed(first, secondVolume), one);
    const three = await on.backUp(third, changed(secondVolume, third), two);
    points = [one, two, three];
    await on.repository.removePoint(one.pointId, instanceId);
    await collect(on);
  });

  const copy = async (): Promise<FormatBench> =>
    await reopenStrata(on, await copyOfStore(on.objectStore));

  it('shows what it would move, and changes nothing by that', async () => {
    const there = await keysOf(on.objectStore);
    const plan = await relocatorOf(on).planRepack(instanceId, { maxBytes });

    const dataPack = await packOf(on, points[0], 'data');
    const { sizeBytes } = (await on.objectStore.head(dataPack)) ?? assert.fail('it is there');
    assert.ok(plan.sparse.bytes >= sizeBytes);
    assert.ok(plan.liveBytes <= plan.sparse.bytes / 2, 'half of it at most is needed');
    assert.equal(plan.left.objects, 0);
    assert.deepEqual(await keysOf(on.objectStore), there);
  });

  it('moves what is needed, so that a collection removes the rest', async () => {
    const bench = await copy();
    const before = await packBytes(bench.objectStore);
    const session = bench.newSession();
    const relocator = relocatorOf(bench);
    const plan = await relocator.planRepack(instanceId, { maxBytes });
    const outcome = await relocator.repack(instanceId, session, { maxBytes });
    const { pointsMoved, bytesWritten, blocksDamaged } = outcome;
    assert.equal(pointsMoved, 2);
    assert.equal(blocksDamaged, 0);
    assert.ok(bytesWritten < plan.sparse.bytes, 'less is written than is freed');
    await assertSound(bench);

    await collect(bench);
    await assertPointIs(bench.repository, points[1].pointId, secondVolume);
    await assertPointIs(bench.repository, points[2].pointId, third);
    const after = await packBytes(bench.objectStore);
    assert.ok(after < before - plan.sparse.bytes + 2 * bytesWritten, `${after} of ${before} bytes`);
    const gone = await Array.fromAsync(bench.objectStore.list(`packs/${points[0].pointId}/`));
    assert.deepEqual(gone, [], 'of the first session nothing is needed any more');
  });

  it('is the ground on which backups go on', async () => {
    const bench = await copy();
    await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
    await collect(bench);
    const next = modelVolume([...text(0, 10), 'text-900', ...text(101, 160)]);
    const made = await bench.backUp(next, changed(third, next), points[2]);
    assert.equal(made.volumes[0]?.blocksStored, 2, 'an increment stores what changed');
    await assertPointIs(bench.repository, made.pointId, next);
    await assertSound(bench);
  });

  it('takes at least one pack, whatever the budget, and gets through by and by', async () => {
    const bench = await copy();
    for (let run = 1; ; run += 1) {
      const { sparse } = await relocatorOf(bench).planRepack(instanceId, { maxBytes: 1 });
      if (sparse.objects === 0) break;
      assert.equal(sparse.objects, 1);
      await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes: 1 });
      await collect(bench);
      assert.ok(run < 20, 'it comes to an end');
    }
    await assertSound(bench);
    const claims = await Array.fromAsync(bench.objectStore.list('relocations/'));
    assert.ok(claims.length <= 2, 'only the relocations that say where the two points begin');
  });

  it('leaves the points whole wherever it stops, and can be begun anew', async () => {
    let outcome = 'stopped';
    for (let at = 1; outcome === 'stopped'; at += 1) {
      for (const effect of ['lost', 'performed'] as const) {
        const disk = await copyOfStore(on.objectStore);
        const dying = await reopenStrata(on, dyingStore(disk, at, effect));
        const run = relocatorOf(dying).repack(instanceId, dying.newSession(), { maxBytes });
        outcome = await run.then(
          () => 'done',
          () => 'stopped',
        );
        const bench = await reopenStrata(on, disk);
        await assertSound(bench);
        await endAll(bench);
        await collect(bench);
        await assertSound(bench);
        await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
        await collect(bench);
        await assertSound(bench);
        const gone = await Array.fromAsync(disk.list(`packs/${points[0].pointId}/`));
        assert.deepEqual(gone, [], `stopped at request ${at}, which was ${effect}`);
      }
      assert.ok(at < 200, 'it comes to an end');
    }
  });

  it('does not disturb whoever reads a point meanwhile', async () => {
    const disk = await copyOfStore(on.objectStore);
    const other = await reopenStrata(on, disk);
    const move = async (): Promise<void> => {
      await relocatorOf(other).repack(instanceId, other.newSession(), { maxBytes });
      await collect(other);
    };
    const readers: readonly ((bench: FormatBench) => Promise<void>)[] = [
      (bench) => assertPointIs(bench.repository, points[2].pointId, third),
      (bench) => assertBlocksAre(bench.repository, points[1].pointId, secondVolume, [0, 9, 69]),
      async (bench) => {
        assert.deepEqual(await findings(bench), []);
      },
    ];
    for (const read of readers) {
      for (let at = 1; ; at += 1) {
        const fresh = await copyOfStore(on.objectStore);
        const mover = await reopenStrata(on, fresh);
        let calls = 0;
        const hooked = createHookedObjectStore(fresh, {
          before: async () => {
            calls += 1;
            if (calls !== at) return;
            await relocatorOf(mover).repack(instanceId, mover.newSession(), { maxBytes });
            await collect(mover);
          },
        });
        await read(await reopenStrata(on, hooked));
        if (calls < at) break;
      }
    }
    await move();
  });

  it('is followed by the second reader, which the document alone has taught', async () => {
    const bench = await copy();
    await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
    await collect(bench);
    const objects = new Map<string, Uint8Array>();
    for (const key of await keysOf(bench.objectStore)) {
      objects.set(key, await bench.objectStore.get(key as ObjectKey));
    }
    const second = openWithSecond(readerOf(objects), passphrase);
    assert.deepEqual(verifyWithSecond(second), []);
    const records = new RecordReader(second);
    for (const found of readPoints(second)) {
      if (found.kind !== 'point') continue;
      const [volume] = found.manifest.volumes;
      assert.ok(volume !== undefined);
      const model = found.manifest.pointId === points[1].pointId ? secondVolume : third;
      let blocks = 0;
      restoreVolume(records, volume, (offset, content) => {
        blocks += 1;
        assert.equal(Buffer.compare(content, blockOf(model, offset / blockSizeBytes)), 0);
      });
      assert.equal(blocks, model.blocks.filter((block) => block !== 'zero').length);
    }
  });

  it('has moved when the answer to its last word is lost, or what it leaves cannot be removed', async () => {
    for (const method of ['create', 'delete'] as const) {
      const disk = await copyOfStore(on.objectStore);
      const session = on.newSession();
      const key = method === 'create' ? `points/${instanceId}/${session}` : `sessions/${session}`;
      const hooked = createHookedObjectStore(disk, {
        after: (call) =>
          call.method === method && call.key === key
            ? Promise.reject(new Error('the answer is lost'))
            : Promise.resolve(),
      });
      const bench = await reopenStrata(on, hooked);
      const { pointsMoved } = await relocatorOf(bench).repack(instanceId, session, { maxBytes });
      assert.equal(pointsMoved, 2, method);
      await collect(await reopenStrata(on, disk));
      const gone = await Array.fromAsync(disk.list(`packs/${points[0].pointId}/`));
      assert.deepEqual(gone, [], method);
    }
  });

  it('has moved nothing when its relocation was removed before it was made', async () => {
    const disk = await copyOfStore(on.objectStore);
    const session = on.newSession();
    const other = await reopenStrata(on, disk);
    const hooked = createHookedObjectStore(disk, {
      before: async ({ method, key }) => {
        if (method !== 'create' || key !== `points/${instanceId}/${session}`) return;
        await other.repository.removePoint(session, instanceId);
      },
    });
    const bench = await reopenStrata(on, hooked);
    await assert.rejects(relocatorOf(bench).repack(instanceId, session, { maxBytes }), {
      code: 'SESSION_FENCED',
    });
    const fresh = await reopenStrata(on, disk);
    await assertSound(fresh);
    await collect(fresh);
    await assertSound(fresh);
    const { pointsMoved } = await relocatorOf(fresh).repack(instanceId, on.newSession(), {
      maxBytes,
    });
    assert.equal(pointsMoved, 2, 'another session moves it');
  });

  it('refuses a plan for an instance that has nothing here, which may be misspelt', async () => {
    const misspelt = `${instanceId}-1` as InstanceId;
    await assert.rejects(relocatorOf(on).planRepack(misspelt, { maxBytes }), {
      code: 'INVALID_ARGUMENT',
      message: new RegExp(misspelt),
    });
  });

  it('counts blocks that cannot be read once, also when nothing else can be moved', async () => {
    const bench = await copy();
    const dataPack = await packOf(bench, points[0], 'data');
    const bytes = Buffer.from(await bench.objectStore.get(dataPack));
    await bench.objectStore.delete(dataPack);
    await bench.objectStore.create(dataPack, bytes.fill(0, 40));
    const outcome = await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
    assert.equal(outcome.blocksDamaged, 10, 'two points, and ten blocks that they share');
  });

  it('refuses to begin while another session moves, and leaves that alone', async () => {
    const disk = await copyOfStore(on.objectStore);
    const dying = await reopenStrata(on, dyingStore(disk, 24, 'lost'));
    const dead = dying.newSession();
    await assert.rejects(relocatorOf(dying).repack(instanceId, dead, { maxBytes }));
    const bench = await reopenStrata(on, disk);
    await assert.rejects(relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes }), {
      code: 'RELOCATION_OVERTAKEN',
      message: new RegExp(dead),
    });
    await endAll(bench);
    await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
    await assertSound(bench);
  });

  describe('when what says where maps begin is damaged', () => {
    /** Moved, with one bit of the relocation flipped; what was there before is not collected. */
    const damaged = async (): Promise<{ readonly disk: ObjectStore; readonly key: ObjectKey }> => {
      const bench = await copy();
      const session = bench.newSession();
      await relocatorOf(bench).repack(instanceId, session, { maxBytes });
      const key = `points/${instanceId}/${session}` as ObjectKey;
      await flipBit(bench.objectStore, key);
      return { disk: bench.objectStore, key };
    };

    it('verify names it with every point that it may hurt', async () => {
      const { disk, key } = await damaged();
      const found = await findings(await reopenStrata(on, disk));
      const named = found.filter((each) => each.objectKey === key).map((each) => each.pointId);
      for (const { pointId } of [points[1], points[2]]) assert.ok(named.includes(pointId));
    });

    it('nothing is collected, and the old places are read as long as they are there', async () => {
      const { disk, key } = await damaged();
      const bench = await reopenStrata(on, disk);
      await assert.rejects(collect(bench), {
        code: 'COLLECTION_BLOCKED',
        message: new RegExp(`${key}, which says where maps begin`),
      });
      await assertSound(bench);
    });

    it('no backup builds on a point of the instance, planned before or after', async () => {
      const next = modelVolume([...text(0, 10), 'text-900', ...text(101, 160)]);
      const { disk } = await damaged();
      const bench = await reopenStrata(on, disk);
      await assert.rejects(bench.backUp(next, changed(third, next), points[2]), {
        code: 'OBJECT_CORRUPT',
      });

      const sound = await copy();
      const session = sound.newSession();
      await relocatorOf(sound).repack(instanceId, session, { maxBytes });
      const request = await sound.transfer(
        sound.newSession(),
        next,
        changed(third, next),
        points[2].pointId,
      );
      await flipBit(sound.objectStore, `points/${instanceId}/${session}` as ObjectKey);
      await assert.rejects(sound.repository.commitPoint(request), { code: 'OBJECT_CORRUPT' });
      // A full one does not ask where other points have their data.
      const full = await bench.backUp(next, allocated(next));
      await assertPointIs(bench.repository, full.pointId, next);
    });

    it('a listing gives the points, and a reader that meets damage says that it may have moved', async () => {
      const { disk, key } = await damaged();
      await disk.delete(await packOf(on, points[1], 'data'));
      const bench = await reopenStrata(on, disk);
      const listed = await Array.fromAsync(bench.repository.listPoints(instanceId));
      assert.equal(listed.length, 2);
      const reader = await bench.repository.openPoint(points[1].pointId);
      const [volume] = reader.manifest.volumes;
      assert.ok(volume !== undefined);
      const reasons: string[] = [];
      for await (const run of reader.readVolume(volume.volumeId)) {
        if (run.kind === 'damage') reasons.push(run.reason);
      }
      assert.ok(reasons.length > 0);
      for (const reason of reasons) assert.match(reason, new RegExp(`moved.*${key}`));
    });

    it('it goes once the instance has no point, and holds up nothing more', async () => {
      const { disk, key } = await damaged();
      const bench = await reopenStrata(on, disk);
      for (const { pointId } of [points[1], points[2]]) {
        await bench.repository.removePoint(pointId, instanceId);
      }
      await collect(bench);
      await collect(bench);
      assert.equal(await disk.head(key), null);
      assert.deepEqual(await Array.fromAsync(disk.list('relocations/')), []);
      assert.deepEqual(await Array.fromAsync(disk.list('packs/')), []);
    });
  });

  it('a claim that is damaged hurts nobody: the relocation says the same', async () => {
    const bench = await copy();
    await relocatorOf(bench).repack(instanceId, bench.newSession(), { maxBytes });
    for await (const { key } of bench.objectStore.list('relocations/')) {
      await flipBit(bench.objectStore, key);
    }
    const fresh = await reopenStrata(on, bench.objectStore);
    await collect(fresh);
    assert.deepEqual(await findings(fresh), []);
    await assertSound(fresh);
  });

  it('a claim that is gone is told of, and nothing is removed', async () => {
    const bench = await copy();
    const session = bench.newSession();
    await relocatorOf(bench).repack(instanceId, session, { maxBytes });
    for await (const { key } of bench.objectStore.list('relocations/')) {
      await bench.objectStore.delete(key);
    }
    const told = await findings(await reopenStrata(on, bench.objectStore));
    assert.deepEqual(
      told.map(({ objectKey }) => objectKey),
      [`points/${instanceId}/${session}`],
    );
    await assert.rejects(collect(await reopenStrata(on, bench.objectStore)), {
      code: 'COLLECTION_BLOCKED',
      message: new RegExp(`points/${instanceId}/${session}.*of which the claim is gone`),
    });
  });

  it('one of which the claim is gone goes once its points are removed, whatever else there is', async () => {
    const bench = await copy();
    const session = bench.newSession();
    await relocatorOf(bench).repack(instanceId, session, { maxBytes });
    for await (const { key } of bench.objectStore.list('relocations/')) {
      await bench.objectStore.delete(key);
    }
    const later = await bench.backUp(third, allocated(third));
    await bench.repository.removePoint(points[1].pointId, instanceId);
    await assert.rejects(collect(await reopenStrata(on, bench.objectStore)), {
      code: 'COLLECTION_BLOCKED',
    });
    await bench.repository.removePoint(points[2].pointId, instanceId);
    const fresh = await reopenStrata(on, bench.objectStore);
    await collect(fresh);
    await collect(fresh);
    const relocation = `points/${instanceId}/${session}` as ObjectKey;
    assert.equal(await bench.objectStore.head(relocation), null);
    const gone = await Array.fromAsync(bench.objectStore.list(`packs/${session}/`));
    assert.deepEqual(gone, [], 'what it had moved goes as well');
    assert.deepEqual(await findings(fresh), []);
    await assertPointIs(fresh.repository, later.pointId, third);
  });

  async function assertSound(bench: FormatBench): Promise<void> {
    const fresh = await reopenStrata(on, bench.objectStore);
    // Some blocks: a reader of whole volumes starts threads, and this is done hundreds of times.
    const indexes = [0, 9, 10, 69];
    await assertBlocksAre(fresh.repository, points[1].pointId, secondVolume, indexes);
    await assertBlocksAre(fresh.repository, points[2].pointId, third, indexes);
  }
});

async function flipBit(store: ObjectStore, key: ObjectKey): Promise<void> {
  const bytes = Buffer.from(await store.get(key));
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
  await store.delete(key);
  await store.create(key, bytes);
}

async function findings(
  bench: FormatBench,
): Promise<readonly { objectKey: string; pointId: string }[]> {
  const results = await Array.fromAsync(bench.repository.verify({ depth: 'deep' }));
  return results.filter((each) => each.kind === 'finding');
}

function relocatorOf({ repository }: FormatBench): Relocator {
  return repository.relocator ?? assert.fail('strata can move data');
}

async function collect({ repository }: FormatBench): Promise<void> {
  const collector = repository.collector ?? assert.fail('strata has a collector');
  for await (const step of collector.run()) assert.ok(step.kind);
}

async function endAll({ repository }: FormatBench): Promise<void> {
  for (const { sessionId } of (await repository.collector?.openWriters()) ?? []) {
    await repository.discardWriter(sessionId, instanceId);
  }
}

async function keysOf(store: ObjectStore): Promise<readonly string[]> {
  return (await Array.fromAsync(store.list(''))).map(({ key }) => key);
}

async function packBytes(store: ObjectStore): Promise<number> {
  let bytes = 0;
  for await (const { sizeBytes } of store.list('packs/')) bytes += sizeBytes;
  return bytes;
}

async function packOf(
  { objectStore }: FormatBench,
  { pointId }: PointManifest,
  kind: 'data' | 'map',
): Promise<ObjectKey> {
  for await (const { key } of objectStore.list(`packs/${pointId}/`)) {
    const header = await objectStore.get(key, { offset: 0, lengthBytes: 8 });
    if ((header[5] === 1) === (kind === 'data')) return key;
  }
  return assert.fail(`the point has no pack of ${kind}`);
}
