import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import {
  changed,
  commitRequest,
  everything,
  FormatBench,
  inPages,
  instanceId,
  volumeId,
} from '../../../src/conformance/format-bench.ts';
import { contentOf, type ModelBlock, modelVolume } from '../../../src/conformance/model-volume.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';
import { chainImagesMax } from '../../../src/format/qcow2/point/open-chain.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import type { BlockSelection } from '../../../src/format/transfer-plan.ts';
import type { BlockSource } from '../../../src/ports/block-source.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';

const format = createQcow2Format('sealed', cheapHardness);

describe('the limits of qcow2 images', () => {
  it('allow so many points behind one another, and the next one begins anew', async () => {
    const on = await FormatBench.create(format);
    const volumes = [modelVolume(['text-1']), modelVolume(['zero'])];
    const volumeAt = (number: number) => volumes[number % 2] ?? assert.fail();
    let parent: PointManifest | null = null;
    for (let number = 0; number < chainImagesMax; number += 1) {
      const selection =
        parent === null ? everything : changed(volumeAt(number + 1), volumeAt(number));
      parent = await on.backUp(volumeAt(number), selection, parent);
    }
    assert.ok(parent !== null);
    const point = await on.repository.openPoint(parent.pointId);
    assert.deepEqual(
      Buffer.from(await point.readBlock(volumeId, 0 as BlockIndex)),
      Buffer.alloc(blockSizeBytes),
    );
    await assert.rejects(on.backUp(volumeAt(0), everything, parent), { code: 'CHAIN_TOO_LONG' });
    await on.backUp(volumeAt(0), everything);
  });

  it('allow 16 TiB, in memory that does not depend on it', async () => {
    const on = await FormatBench.create(format);
    const sizeBytes = 16 * 1024 ** 4;
    const last = sizeBytes / blockSizeBytes - 1;
    const present = new Map<number, ModelBlock>([
      [0, 'text-1'],
      [70_000, 'noise-2'],
      [20_000_000, 'zero'],
      [last, 'text-3'],
    ]);
    const sourceOf = (blocks: ReadonlyMap<number, ModelBlock>): BlockSource => ({
      sizeBytes,
      read: (first, blockCount, into) => {
        for (let n = 0; n < blockCount; n += 1) {
          into.set(contentOf(blocks.get(first + n) ?? 'absent'), n * blockSizeBytes);
        }
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
    const backUp = async (
      blocks: ReadonlyMap<number, ModelBlock>,
      selection: BlockSelection,
      parent: PointManifest | null,
    ): Promise<PointManifest> => {
      const plan = { sessionId: on.newSession(), planId: systemRandom.uuid() };
      await on.repository.registerWriter(plan.sessionId, instanceId);
      const behind = parent === null ? null : { pointId: parent.pointId, volumeId };
      await on.repository.writeTransferPlan({ ...plan, sizeBytes, selection, parent: behind });
      const transfer = await format.prepareTransfer().open({
        ...{ objectStore: on.objectStore, random: systemRandom, clock: systemClock },
        grant: await on.repository.grantTransfer(plan.sessionId),
        ...{ attempt: 0, compression: 'fast' },
      });
      const { signal } = new AbortController();
      const request = { ...plan, source: sourceOf(blocks), firstPlanned: 0, signal };
      const segments = await Array.fromAsync(transfer.run(request));
      const run = { attempt: 0, firstSegment: 0, endSegment: segments.length };
      const volume = { blocks: [], sizeBytes };
      return await on.repository.commitPoint(
        commitRequest(plan, volume, parent?.pointId ?? null, [run]),
      );
    };
    const pages = inPages([...present.keys()].map((index) => index as BlockIndex));
    const first = await backUp(present, { kind: 'allocated', pages }, null);
    const changes = inPages([
      { index: 0 as BlockIndex, state: 'absent' as const },
      { index: 30_000_000 as BlockIndex, state: 'present' as const },
    ]);
    const after = new Map([...present, [30_000_000, 'noise-4'] as const]);
    const second = await backUp(after, { kind: 'changed', pages: changes }, first);

    const point = await on.repository.openPoint(second.pointId);
    const states = await Array.fromAsync(point.readStates(volumeId, 0 as BlockIndex));
    const told = states.flatMap((run) =>
      run.kind === 'blocks' && run.state !== 'absent' ? [[run.first, run.state]] : [],
    );
    assert.deepEqual(told, [
      [70_000, 'data'],
      [20_000_000, 'zero'],
      [30_000_000, 'data'],
      [last, 'data'],
    ]);
    let data = 0;
    for await (const part of point.readVolume(volumeId)) {
      assert.equal(part.kind, 'blocks');
      if (part.state === 'data') data += part.bytes.length;
    }
    assert.equal(data, 3 * blockSizeBytes);
    const metadataBytes = second.volumes[0]?.mapBytesStored ?? 0;
    assert.ok(metadataBytes < 8 * 1024 * 1024, `${metadataBytes} bytes of tables`);
  });
});
