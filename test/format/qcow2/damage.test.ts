import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
  volumeId,
} from '../../../src/conformance/format-bench.ts';
import {
  blockOf,
  type ModelBlock,
  modelVolume,
  type ModelVolume,
  text,
} from '../../../src/conformance/model-volume.ts';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';

interface Made {
  readonly pointId: PointId;
  readonly volume: ModelVolume;
}

const first = modelVolume([...text(0, 3), 'noise-1', 'zero', 'absent', 'noise-2']);
const second = modelVolume([...text(0, 2), 'text-9', 'noise-1', 'absent', 'zero', 'noise-3']);
const third = modelVolume([...text(0, 2), 'text-9', 'noise-4', 'absent', 'zero', 'noise-3']);

for (const protection of ['sealed', 'plain'] as const) {
  const format = createQcow2Format(protection, cheapHardness);

  describe(`a repository of ${protection} images, of which an object`, () => {
    const make = async (): Promise<{
      readonly on: FormatBench;
      readonly made: readonly Made[];
      readonly keys: readonly ObjectKey[];
    }> => {
      const on = await FormatBench.create(format);
      const one = await on.backUp(first, allocated(first));
      const two = await on.backUp(second, changed(first, second), one);
      const three = await on.backUp(third, changed(second, third), two);
      const { merger, collector } = on.repository;
      assert.ok(merger !== null && collector !== null);
      const options = { unwanted: new Set([one.pointId]), maxBytes: 1024 ** 3 };
      await Array.fromAsync(merger.merge(instanceId, on.newSession(), options));
      await on.repository.removePoint(one.pointId, instanceId);
      await Array.fromAsync(collector.run());
      const keys = (await Array.fromAsync(on.objectStore.list(''))).map(({ key }) => key);
      const made = [
        { pointId: two.pointId, volume: second },
        { pointId: three.pointId, volume: third },
      ];
      return { on, made, keys };
    };

    /** Whatever comes is right; whether anything was told to be wrong. */
    const isToldOf = async (on: FormatBench, made: readonly Made[]): Promise<boolean> => {
      let told = 0;
      try {
        const { repository } = await on.reopen();
        for (const { pointId } of made) {
          const { kind } = await repository.tracePoint(pointId, instanceId);
          if (kind === 'missing') told += 1;
        }
        const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
        told += steps.filter(({ kind }) => kind === 'finding').length;
        for (const { pointId, volume } of made) {
          const point = await repository.openPoint(pointId).catch((error: unknown) => {
            assert.ok(isSnapledgerError(error));
            told += 1;
            return null;
          });
          if (point === null) continue;
          let next = 0;
          for await (const part of point.readVolume(volumeId)) {
            if (part.kind === 'damage') {
              assert.ok(part.objectKey !== '' && part.reason !== '');
              told += 1;
              next = part.firstBlock + part.blockCount;
              continue;
            }
            let offset = 0;
            for (let n = 0; n < part.blockCount; n += 1) {
              const block: ModelBlock | undefined = volume.blocks[next];
              const state = block === 'absent' || block === 'zero' ? block : 'data';
              assert.equal(part.state, state, `block ${next}`);
              if (part.state === 'data') {
                const expected = blockOf(volume, next);
                const found = part.bytes.subarray(offset, offset + expected.length);
                assert.equal(Buffer.compare(found, expected), 0, `block ${next}`);
                offset += expected.length;
              }
              next += 1;
            }
          }
          assert.equal(next, volume.blocks.length);
        }
      } catch (error) {
        // A repository that cannot be opened, or whose points cannot be listed, is told of as well.
        if (!isSnapledgerError(error)) throw error;
        told += 1;
      }
      return told > 0;
    };

    const replaced = async (
      on: FormatBench,
      key: ObjectKey,
      bytes: Uint8Array | null,
    ): Promise<FormatBench> => {
      const copy = new FormatBench((await on.copy()).objectStore, on.repository, format);
      await copy.objectStore.delete(key);
      if (bytes !== null) await copy.objectStore.create(key, bytes);
      return copy;
    };

    it('was changed, cut or lengthened is told of, and gives no wrong block', async () => {
      const { on, made, keys } = await make();
      for (const key of keys) {
        // Its being there is enough; it is opened for a point that should be there, of which this one is none.
        if (key.startsWith('removed/')) continue;
        const bytes = await on.objectStore.get(key);
        for (const place of [0, 0.2, 0.5, 0.8, 0.99]) {
          const changedBytes = Uint8Array.from(bytes);
          const at = Math.floor(bytes.length * place);
          changedBytes[at] = (changedBytes[at] ?? 0) ^ 0x04;
          const told = await isToldOf(await replaced(on, key, changedBytes), made);
          // The list of parts is for others, who see in the image what is wrong with it.
          const isForOthers = key.endsWith('/parts');
          // What fills a record up to a sector is nobody's.
          const isPadding = protection === 'plain' && key.startsWith('packs/');
          assert.ok(told || isForOthers || isPadding, `${key}, byte ${at}`);
        }
        const cut = bytes.subarray(0, bytes.length - 1);
        for (const other of [cut, Buffer.concat([bytes, Buffer.from('x')])]) {
          const told = await isToldOf(await replaced(on, key, other), made);
          assert.ok(told || key.endsWith('/parts'), `${key}, ${other.length} bytes`);
        }
      }
    });

    it('is gone, or is another one of its kind, is told of', async () => {
      const { on, made, keys } = await make();
      const kindOf = (key: string): string => key.replace(/[0-9a-f-]{8,}/g, '*');
      for (const key of keys) {
        // The list of parts is for others; a removed point is gone without its mark as well.
        if (key.endsWith('/parts') || key.startsWith('removed/')) continue;
        assert.ok(await isToldOf(await replaced(on, key, null), made), `${key} is gone`);
        const other = keys.find((one) => one !== key && kindOf(one) === kindOf(key));
        if (other === undefined) continue;
        const [own, others] = [await on.objectStore.get(key), await on.objectStore.get(other)];
        if (Buffer.compare(own, others) === 0) continue;
        assert.ok(await isToldOf(await replaced(on, key, others), made), `${key} is ${other}`);
      }
    });
  });
}
