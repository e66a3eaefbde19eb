import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import {
  allocated,
  changed,
  everything,
  FormatBench,
  instanceId,
  optionsOn,
  volumeId,
} from '../../../src/conformance/format-bench.ts';
import {
  blockOf,
  type ModelBlock,
  modelVolume,
  type ModelVolume,
  text,
} from '../../../src/conformance/model-volume.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';
import { qemuImg, unpackImages } from './qemu-img.ts';

/** Tests that hold the images to what other programs say of them: `qemu-img`, and a shell. */
export function plainImagesTests(skip: string | false): void {
  describe('the images of a repository that is not encrypted', { skip }, () => {
    let folder: string;
    let on: FormatBench;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'snapledger-qcow2-'));
      const root = join(folder, 'repository');
      const objectStore = await openFilesystemObjectStore({ root });
      const format = createQcow2Format('plain', cheapHardness);
      const repository = await format.createRepository(optionsOn(objectStore));
      on = new FormatBench(objectStore, repository, format);
    });
    after(() => rm(folder, { recursive: true }));

    /** Another program finds in the image what the volume was. */
    const assertImageIs = async (pointId: PointId, volume: ModelVolume): Promise<string> => {
      const images = await mkdtemp(join(folder, 'images-'));
      const repository = join(folder, 'repository');
      await unpackImages({ repository, instanceId, pointId, folder: images });
      const image = join(images, `${volumeId}_${pointId}.qcow2`);
      assert.match(await qemuImg('check', image), /No errors were found on the image/);
      const raw = join(images, 'expected.raw');
      await writeFile(raw, Buffer.concat(volume.blocks.map((_, index) => blockOf(volume, index))));
      const { size } = await stat(raw);
      assert.match(await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', raw, image), /identical/);
      const flat = join(images, 'converted.raw');
      await qemuImg('convert', '-O', 'raw', image, flat);
      assert.equal((await stat(flat)).size, Math.ceil(size / 512) * 512);
      return image;
    };

    it('are images of their own for a first point: data of any kind, zeros, holes, a short end', async () => {
      const blocks: ModelBlock[] = [
        ...text(0, 3),
        'absent',
        'zero',
        'noise-1',
        'noise-2',
        'text-9',
      ];
      const volume = modelVolume(blocks, 1024);

      const { pointId } = await on.backUp(volume, allocated(volume));

      const image = await assertImageIs(pointId, volume);
      const info = JSON.parse(await qemuImg('info', '--output=json', image)) as {
        readonly 'cluster-size': number;
        readonly 'format-specific': { readonly data: Readonly<Record<string, unknown>> };
      };
      assert.equal(info['cluster-size'], 512 * 1024);
      assert.equal(info['format-specific'].data['compression-type'], 'zstd');
      const map = JSON.parse(await qemuImg('map', '--output=json', image)) as readonly {
        readonly start: number;
        readonly present: boolean;
        readonly zero: boolean;
      }[];
      const at = (block: number) => map.findLast(({ start }) => start <= block * 512 * 1024);
      assert.deepEqual([at(3)?.present, at(4)?.present], [false, true], 'absent, and zero');
    });

    it('have the image of the point before behind them', async () => {
      const first = modelVolume([...text(0, 5), 'zero', 'absent', 'text-7', 'noise-3']);
      const second = modelVolume([
        ...(['text-0', 'text-20', 'zero', 'absent', 'noise-4'] as const),
        ...(['zero', 'text-21', 'text-7', 'noise-3'] as const),
      ]);
      const third = modelVolume([...second.blocks.slice(0, 8), 'zero']);
      const one = await on.backUp(first, allocated(first));
      const two = await on.backUp(second, changed(first, second), one);
      const three = await on.backUp(third, everything, two);

      await assertImageIs(one.pointId, first);
      const image = await assertImageIs(two.pointId, second);
      const chain = JSON.parse(
        await qemuImg('info', '--output=json', '--backing-chain', image),
      ) as {
        readonly 'backing-filename'?: string;
        readonly 'backing-filename-format'?: string;
      }[];
      assert.equal(chain.length, 2);
      assert.equal(chain[0]?.['backing-filename'], `${volumeId}_${one.pointId}.qcow2`);
      assert.equal(chain[0]['backing-filename-format'], 'qcow2');
      const zeros: ModelBlock[] = third.blocks.map((block) =>
        block === 'absent' ? 'zero' : block,
      );
      await assertImageIs(three.pointId, modelVolume(zeros));
    });

    it('are of volumes that have grown and shrunk', async () => {
      const small = modelVolume([...text(0, 3), 'noise-5'], 200 * 1024);
      const large = modelVolume([...text(0, 3), 'noise-6', 'absent', 'text-8']);
      const less = modelVolume([...text(0, 2), 'text-33'], 512);
      const more = modelVolume([...text(0, 2), 'text-33', 'absent', 'zero', 'text-8']);
      let parent = await on.backUp(small, allocated(small));
      for (const volume of [large, less, more]) {
        parent = await on.backUp(volume, allocated(volume), parent);
        await assertImageIs(parent.pointId, volume);
      }
    });

    it('are of volumes that are no whole number of sectors, with zeros at the end', async () => {
      const volume = modelVolume([...text(0, 2), 'text-3'], 7);
      const { pointId } = await on.backUp(volume, allocated(volume));
      const whole = modelVolume(volume.blocks, 0);
      const { sizeBytes } = volume;
      assert.ok(sizeBytes % 512 !== 0 && whole.sizeBytes % 512 === 0);

      await assertImageIs(pointId, volume);
    });

    it('are whole after a merge, and have behind them what is left', async () => {
      const noise = Array.from({ length: 20 }, (_, n): ModelBlock => `noise-${n}`);
      const volumes = [
        modelVolume([...noise, 'zero', 'text-1']),
        modelVolume([...noise.slice(1), 'absent', 'text-2', 'zero']),
        modelVolume([...noise.slice(1), 'text-3', 'text-2', 'absent'], 4096),
        modelVolume([...noise.slice(2), 'text-4', 'text-3', 'text-2', 'absent']),
      ];
      const made: PointManifest[] = [];
      for (const volume of volumes) {
        made.push(await on.backUp(volume, allocated(volume), made.at(-1) ?? null));
      }
      const ids = made.map(({ pointId }) => pointId);
      const { merger, collector } = on.repository;
      assert.ok(merger !== null && collector !== null);
      const unwanted = ids.filter((_, number) => number === 0 || number === 2);
      const options = { unwanted: new Set(unwanted), maxBytes: 1024 ** 3 };
      await Array.fromAsync(merger.merge(instanceId, on.newSession(), options));
      for (const pointId of unwanted.toReversed()) {
        await on.repository.removePoint(pointId, instanceId);
      }
      await Array.fromAsync(collector.run());

      for (const number of [1, 3]) {
        const [pointId, volume] = [ids[number], volumes[number]];
        assert.ok(pointId !== undefined && volume !== undefined);
        const image = await assertImageIs(pointId, volume);
        const info = await qemuImg('info', '--backing-chain', image);
        assert.equal(info.match(/backing file:/g)?.length ?? 0, number === 1 ? 0 : 1, info);
      }
    });
  });
}
