import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { assertPointIs } from '../../../src/conformance/assert-point.ts';
import type { ModelVolume } from '../../../src/conformance/model-volume.ts';
import { modelVolume, text } from '../../../src/conformance/model-volume.ts';
import {
  FormatBench,
  allocated,
  changed,
  everything,
} from '../../../src/conformance/format-bench.ts';
import { reopenStrata } from './reopen-strata.ts';
import { cheapStrata } from '../../support/format/cheap-strata.ts';

const before = modelVolume(text(0, 140));
const after = modelVolume(['text-900', ...text(1, 140)]);

interface OnePoint {
  readonly on: FormatBench;
  readonly parent: PointManifest;
}

let original: OnePoint | null = null;

/** A repository with one point, of its own for each caller, opened by a process of its own. */
async function withOnePoint(): Promise<OnePoint> {
  original ??= await makeOriginal();
  const { on, parent } = original;
  const store = createMemoryObjectStore();
  for await (const { key } of on.objectStore.list('')) {
    await store.create(key, await on.objectStore.get(key));
  }
  return { on: await reopenStrata(on, store), parent };
}

async function makeOriginal(): Promise<OnePoint> {
  const on = await FormatBench.create(cheapStrata);
  return { on, parent: await on.backUp(before, allocated(before)) };
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

async function replace(
  { objectStore }: FormatBench,
  key: ObjectKey,
  change: (bytes: Buffer) => Uint8Array | null,
): Promise<void> {
  const bytes = change(Buffer.from(await objectStore.get(key)));
  await objectStore.delete(key);
  if (bytes !== null) await objectStore.create(key, bytes);
}

const lost = (): null => null;
const cutShort = (bytes: Buffer): Uint8Array => bytes.subarray(0, bytes.length - 1);
const flippedAt = (offset: number) => (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  return bytes;
};

const losses: readonly {
  readonly what: string;
  readonly keyOf: (on: FormatBench, parent: PointManifest) => Promise<ObjectKey>;
  readonly change: (bytes: Buffer) => Uint8Array | null;
}[] = [
  { what: 'a pack of data', keyOf: (on, p) => packOf(on, p, 'data'), change: lost },
  { what: 'the end of a pack', keyOf: (on, p) => packOf(on, p, 'data'), change: cutShort },
  {
    what: 'the data key',
    keyOf: (_, p) => Promise.resolve(`keys/${p.pointId}` as ObjectKey),
    change: lost,
  },
  {
    what: 'a map node that it does not touch',
    keyOf: (on, p) => packOf(on, p, 'map'),
    change: flippedAt(3500),
  },
];

describe('a backup whose parent has lost', () => {
  for (const { what, keyOf, change } of losses) {
    it(`${what} is refused an increment, in the process that read the parent before`, async () => {
      const { on, parent } = await withOnePoint();
      // Everything of the parent is in the caches of this process.
      await on.backUp(after, changed(before, after), parent);
      await replace(on, await keyOf(on, parent), change);

      await assert.rejects(on.backUp(after, changed(before, after), parent), {
        code: 'OBJECT_CORRUPT',
      });
    });
  }

  for (const { what, keyOf, change } of losses.slice(0, 2)) {
    it(`${what} stores it again when it reads every block`, async () => {
      for (const selection of [everything, allocated(before)]) {
        const { on, parent } = await withOnePoint();
        await replace(on, await keyOf(on, parent), change);

        const next = await on.backUp(before, selection, parent);

        await assertPointIs(on.repository, next.pointId, before);
        const only = { pointId: next.pointId, depth: 'deep' } as const;
        const steps = await Array.fromAsync(on.repository.verify(only));
        assert.deepEqual(
          steps.filter((step) => step.kind === 'finding'),
          [],
        );
      }
    });
  }

  it('a pack between its plan and its commit makes no point', async () => {
    for (const [volume, selection] of [
      [before, everything],
      [after, everything],
    ] satisfies [ModelVolume, typeof everything][]) {
      const { on, parent } = await withOnePoint();
      const request = await on.transfer(on.newSession(), volume, selection, parent.pointId);
      await replace(on, await packOf(on, parent, 'data'), lost);

      await assert.rejects(on.repository.commitPoint(request), {
        code: 'OBJECT_CORRUPT',
        message: /taken from the parent.*the pack is missing/,
      });
    }
  });
});

describe('verify', () => {
  it('finds what was damaged after this process had read it', async () => {
    for (const depth of ['structure', 'deep'] as const) {
      for (const [what, change] of [
        ['manifest', flippedAt(60)],
        ['key', flippedAt(60)],
        ['key', lost],
        ['map', flippedAt(60)],
      ] as const) {
        const { on, parent } = await withOnePoint();
        await assertPointIs(on.repository, parent.pointId, before);
        const { instanceId, pointId } = parent;
        const key = {
          manifest: `points/${instanceId}/${pointId}` as ObjectKey,
          key: `keys/${pointId}` as ObjectKey,
          map: await packOf(on, parent, 'map'),
        }[what];
        await replace(on, key, change);

        const steps = await Array.fromAsync(on.repository.verify({ depth }));

        const found = steps.filter((step) => step.kind === 'finding');
        assert.deepEqual([...new Set(found.map((each) => each.objectKey))], [key], what);
      }
    }
  });

  it('leads to a point that is not opened out of a cache', async () => {
    const { on, parent } = await withOnePoint();
    await on.repository.openPoint(parent.pointId);
    await replace(on, `points/${parent.instanceId}/${parent.pointId}` as ObjectKey, flippedAt(60));

    await assert.rejects(on.repository.openPoint(parent.pointId), (error) =>
      hasErrorCode(error, 'OBJECT_CORRUPT'),
    );
  });
});
