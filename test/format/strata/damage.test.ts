import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';
import type { CommitRequest, Repository } from '../../../src/format/repository.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import type { VerifyFinding, VerifyOptions } from '../../../src/format/verification.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import {
  FormatBench,
  allocated,
  changed,
  volumeId,
} from '../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../src/conformance/model-volume.ts';
import { reopenStrata } from './reopen-strata.ts';
import { cheapStrata } from '../../support/format/cheap-strata.ts';

const first = modelVolume(text(0, 70));
const second = modelVolume([...text(0, 65), 'text-80', 'text-81', ...text(67, 70)]);

/** Two points, of which the second changes blocks 65 and 66; a third session is open. */
describe('a damaged repository', () => {
  let on: FormatBench;
  let points: readonly [PointManifest, PointManifest];
  let open: CommitRequest;
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    const one = await on.backUp(first, allocated(first));
    const two = await on.backUp(second, changed(first, second), one);
    points = [one, two];
    open = await on.transfer(on.newSession(), second, allocated(second), two.pointId);
  });

  /** The repository over a copy of its objects, one of them changed or (null) gone. */
  async function damaged(
    key: string,
    change: (bytes: Buffer) => Uint8Array | null,
  ): Promise<Repository> {
    const store = createMemoryObjectStore();
    for await (const info of on.objectStore.list('')) {
      const bytes = await on.objectStore.get(info.key);
      const kept = info.key === key ? change(Buffer.from(bytes)) : bytes;
      if (kept !== null) await store.create(info.key, kept);
    }
    return (await reopenStrata(on, store)).repository;
  }

  const flippedAt =
    (offset: number) =>
    (bytes: Buffer): Uint8Array => {
      bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
      return bytes;
    };

  async function keyOf(prefix: string, which: 'data' | 'map' | 'any' = 'any'): Promise<ObjectKey> {
    for await (const { key } of on.objectStore.list(prefix)) {
      if (which === 'any' || (await kindOf(on.objectStore, key)) === which) return key;
    }
    return assert.fail(`there is no object ${prefix}`);
  }

  it('refuses and names a flipped bit in any of its objects', async () => {
    const [one, two] = points;
    const commit = (repository: Repository): Promise<unknown> => repository.commitPoint(open);
    const read = (point: PointManifest) => async (repository: Repository) =>
      (await repository.openPoint(point.pointId)).readBlock(volumeId, 65 as BlockIndex);
    const uses: [ObjectKey, (repository: Repository) => Promise<unknown>][] = [
      [await keyOf(`points/`), read(one)],
      [await keyOf(`keys/${two.pointId}`), read(two)],
      [await keyOf(`packs/${two.pointId}`, 'map'), read(two)],
      [await keyOf(`packs/${two.pointId}`, 'data'), read(two)],
      [await keyOf(`control/${open.sessionId}/plan-`), commit],
      [
        `control/${open.sessionId}/plan-${open.volumes[0]?.planId ?? ''}/summary` as ObjectKey,
        commit,
      ],
      [await keyOf(`control/${open.sessionId}/segments-`), commit],
    ];
    for (const [key, use] of uses) {
      const repository = await damaged(key, flippedAt(key.startsWith('points/') ? 50 : 60));
      // Listings are in the order of random ids: the damaged manifest may be that of the other.
      const isOther = key.startsWith('points/') && !key.endsWith(one.pointId);
      await assert.rejects(isOther ? read(two)(repository) : use(repository), {
        code: 'OBJECT_CORRUPT',
        message: new RegExp(key),
      });
    }
  });

  it('is verified down to the block: object, range, blocks and points are named', async () => {
    const [one, two] = points;
    const key = await keyOf(`packs/${one.pointId}`, 'data');
    const repository = await damaged(key, flippedAt(40 + 100));

    assert.deepEqual(await findings(repository, { depth: 'structure' }), []);
    const found = await findings(repository, { depth: 'deep' });

    assert.deepEqual(
      found.map(({ pointId, firstBlock, blockCount, objectKey }) => {
        return { pointId, firstBlock, blockCount, objectKey };
      }),
      [one, two].map(({ pointId }) => {
        return { pointId, firstBlock: 0, blockCount: 1, objectKey: key };
      }),
    );
    assert.equal(found[0]?.range?.offset, 40);
    assert.match(found[0].reason, /authentic/);
  });

  it('is verified once where its points are the same', async () => {
    const steps = await Array.fromAsync(on.repository.verify({ depth: 'deep' }));
    const last = steps.at(-1);

    assert.ok(last?.kind === 'progress');
    assert.equal(last.blocksChecked, 70 + 2, 'of the second point only what it changed');
    assert.equal(last.mapNodesChecked, 3 + 2, 'and of its map one leaf and the root');
  });

  it('tells a missing or short pack without reading it', async () => {
    const [one, two] = points;
    const key = await keyOf(`packs/${two.pointId}`, 'data');
    const missing = await damaged(key, () => null);
    const short = await damaged(key, (bytes) => bytes.subarray(0, bytes.length - 1));

    for (const depth of ['structure', 'deep'] as const) {
      assert.deepEqual(
        (await findings(missing, { depth })).map((each) => [
          ...[each.pointId, each.objectKey, each.firstBlock, each.blockCount, each.reason],
        ]),
        [[two.pointId, key, 65, 2, 'the pack is missing']],
      );
      assert.deepEqual(
        (await findings(short, { depth })).map((each) => [each.pointId, each.firstBlock]),
        [[two.pointId, 66]],
      );
      assert.deepEqual(await findings(missing, { depth, pointId: one.pointId }), []);
    }
  });

  it('tells every header of a pack that is not as it must be, at either depth', async () => {
    const [one, two] = points;
    const cases = [
      [await keyOf(`packs/${one.pointId}`, 'data'), [one, two]],
      [await keyOf(`packs/${one.pointId}`, 'map'), [one, two]],
      [await keyOf(`packs/${two.pointId}`, 'data'), [two]],
      [await keyOf(`packs/${two.pointId}`, 'map'), [two]],
    ] as const;
    for (const [key, hurt] of cases) {
      for (const position of [0, 5, 39]) {
        const repository = await damaged(key, flippedAt(position));
        for (const depth of ['structure', 'deep'] as const) {
          const found = await findings(repository, { depth });
          assert.deepEqual(
            found.map((each) => [each.pointId, each.objectKey, each.blockCount]),
            hurt.map(({ pointId }) => [pointId, key, 0]),
            `${depth}, byte ${position}`,
          );
          assert.deepEqual(found[0]?.range, { offset: 0, lengthBytes: 40 });
          assert.match(found[0].reason, /header of the pack/);
        }
      }
    }
  });

  it('names the device beside the volume', async () => {
    const [, two] = points;
    const key = await keyOf(`packs/${two.pointId}`, 'data');
    const [found] = await findings(await damaged(key, () => null), { depth: 'structure' });
    const [volume] = two.volumes;
    assert.equal(found?.volumeId, volumeId);
    assert.equal(found.device, volume?.device);
  });

  it('tells a damaged node, a damaged manifest and a lost session key', async () => {
    const [one, two] = points;
    const map = await keyOf(`packs/${two.pointId}`, 'map');
    const cases = [
      { key: map, change: flippedAt(41), volume: volumeId, blocks: [64, 6] },
      { key: await pointKeyOf(two), change: flippedAt(99), volume: null, blocks: [0, 0] },
      { key: `keys/${two.pointId}`, change: () => null, volume: volumeId, blocks: [0, 70] },
    ];
    for (const { key, change, volume, blocks } of cases) {
      const repository = await damaged(key, change);

      const found = await findings(repository, { depth: 'structure' });

      assert.deepEqual(
        found.map((each) => [each.pointId, each.objectKey, each.volumeId]),
        [[two.pointId, key, volume]],
      );
      assert.deepEqual([found[0]?.firstBlock, found[0]?.blockCount], blocks);
      await repository.openPoint(one.pointId);
    }
  });

  it('tells a lost or damaged key of an earlier session, whose blocks a point took over', async () => {
    const [one, two] = points;
    const key = `keys/${one.pointId}`;
    for (const change of [() => null, flippedAt(50)]) {
      const repository = await damaged(key, change);
      for (const depth of ['structure', 'deep'] as const) {
        const found = await findings(repository, { depth, pointId: two.pointId });

        assert.deepEqual(
          found.map((each) => [each.objectKey, each.firstBlock, each.blockCount]),
          [
            [key, 0, 64],
            [key, 64, 1],
            [key, 67, 3],
          ],
          'the shared leaf, and in the leaf of its own all but the blocks 65 and 66',
        );
        assert.match(found[1]?.reason ?? '', /the key of the session that wrote it is/);
      }
    }
  });

  it('asks once for each session and pack to check the structure, however many blocks there are', async () => {
    const requests: string[] = [];
    const store: ObjectStore = {
      ...on.objectStore,
      get: (key, range, room) => {
        requests.push(key);
        return on.objectStore.get(key, range, room);
      },
      list: (prefix, options) => {
        requests.push(`list ${prefix}`);
        return on.objectStore.list(prefix, options);
      },
    };

    await findings((await reopenStrata(on, store)).repository, { depth: 'structure' });

    const [one, two] = points;
    const asked = (prefix: string): number => requests.filter((key) => key === prefix).length;
    for (const { pointId } of [one, two]) {
      assert.equal(asked(`keys/${pointId}`), 1);
      assert.equal(asked(`list packs/${pointId}/`), 1);
    }
  });

  it('lists what is sound before it tells of a damaged manifest', async () => {
    const [one, two] = points;
    const repository = await damaged(await pointKeyOf(two), flippedAt(99));
    const listed: string[] = [];

    await assert.rejects(
      async () => {
        for await (const { pointId } of repository.listPoints()) listed.push(pointId);
      },
      { code: 'OBJECT_CORRUPT' },
    );
    assert.deepEqual(listed, [one.pointId]);
  });

  async function pointKeyOf(point: PointManifest): Promise<ObjectKey> {
    return await keyOf(`points/${point.instanceId}/${point.pointId}`);
  }
});

async function findings(
  repository: Repository,
  options: VerifyOptions,
): Promise<readonly VerifyFinding[]> {
  const steps = await Array.fromAsync(repository.verify(options));
  return steps.filter((step) => step.kind === 'finding');
}

async function kindOf(store: ObjectStore, key: ObjectKey): Promise<'data' | 'map'> {
  const header = await store.get(key, { offset: 0, lengthBytes: 8 });
  return header[5] === 1 ? 'data' : 'map';
}
