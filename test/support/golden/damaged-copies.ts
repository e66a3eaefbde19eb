import assert from 'node:assert/strict';
import { blockCountOf } from '../../../src/domain/block-size.ts';
import type { BlockIndex, PointId, VolumeId } from '../../../src/domain/identifiers.ts';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { PointReader } from '../../../src/format/restore-point.ts';
import { type DamagedPart, type GoldenDependencies, isHurt } from './golden-dependencies.ts';
import type { GoldenReaders } from './golden-readers.ts';
import { type GoldenObjects, readWithSecond } from './golden-readers.ts';
import type { ExpectedContent, ExpectedVolume } from './golden-repository.ts';
import { dataState, withDamage } from './golden-volume.ts';

/** A golden repository that was damaged, and which of its bytes are not what they were. */
export interface DamagedCopy {
  readonly objects: GoldenObjects;
  readonly damaged: readonly DamagedPart[];
}

/** All of an object. */
export function wholeObject(key: string): DamagedPart {
  return { key, from: 0, end: Infinity };
}

/** What is known of a golden repository, to which what readers make of damaged copies is held. */
export class DamageOracle {
  readonly #readers: GoldenReaders;
  readonly #expected: ExpectedContent;
  readonly #dependencies: GoldenDependencies;

  constructor(readers: GoldenReaders, expected: ExpectedContent, dependencies: GoldenDependencies) {
    this.#readers = readers;
    this.#expected = expected;
    this.#dependencies = dependencies;
  }

  /** Whether the copy still has the point's manifest as it was. */
  hasManifest(pointKey: string, { objects, damaged }: DamagedCopy): boolean {
    return objects.has(pointKey) && !damaged.some(({ key }) => key === pointKey);
  }

  /** The blocks of a volume as a reader must give them: sound ones as they were, no other. */
  expectedBlocks(
    pointKey: string,
    { volumeId, blocks }: ExpectedVolume,
    { damaged }: DamagedCopy,
  ): readonly string[] {
    const needs = this.#needsOf(pointKey, volumeId);
    return withDamage(blocks, (block) => isHurt(needs[block] ?? [], damaged));
  }

  /** Restores everything with the second reader: exactly what is hurt is missing, and said to be. */
  assertSecondReader(copy: DamagedCopy): void {
    const second = this.#readers.second(copy.objects);
    for (const [pointKey, volumes] of Object.entries(this.#expected.points)) {
      const reading = readWithSecond(second, pointKey);
      if (!this.hasManifest(pointKey, copy)) {
        assert.match(reading.complaint ?? '', new RegExp(pointKey));
        assert.deepEqual(reading.volumes, {});
        continue;
      }
      assert.equal(reading.complaint, null);
      for (const volume of volumes) {
        const found = reading.volumes[volume.volumeId];
        assert.deepEqual(found?.blocks, this.expectedBlocks(pointKey, volume, copy));
      }
    }
  }

  /**
   * Restores, block by block, one block of every run of every volume with the product: what is
   * hurt is refused with the name of a damaged object, and everything else is as it was.
   */
  async assertProduct(repository: Repository, copy: DamagedCopy): Promise<void> {
    for (const [pointKey, volumes] of Object.entries(this.#expected.points)) {
      const pointId = pointKey.slice(pointKey.lastIndexOf('/') + 1) as PointId;
      if (!this.hasManifest(pointKey, copy)) {
        await assert.rejects(repository.openPoint(pointId), {
          code: copy.objects.has(pointKey) ? 'OBJECT_CORRUPT' : 'UNKNOWN_POINT',
        });
        continue;
      }
      const point = await repository.openPoint(pointId);
      for (const volume of volumes) await this.#assertVolume(point, pointKey, volume, copy);
    }
  }

  async #assertVolume(
    point: PointReader,
    pointKey: string,
    volume: ExpectedVolume,
    copy: DamagedCopy,
  ): Promise<void> {
    const blockCount = blockCountOf(volume.sizeBytes);
    for (const line of this.expectedBlocks(pointKey, volume, copy)) {
      const first = Number.parseInt(line, 10);
      assert.ok(first < blockCount);
      const state = line.slice(line.indexOf(' ') + 1);
      const reading = point.readBlock(volume.volumeId as VolumeId, first as BlockIndex);
      if (state === 'damaged') {
        await assert.rejects(reading, (error) => {
          assert.ok(isSnapledgerError(error) && error.code === 'OBJECT_CORRUPT', String(error));
          const named = copy.damaged.some(({ key }) => error.message.includes(key));
          assert.ok(named, `${error.message} names none of the damaged objects`);
          return true;
        });
        continue;
      }
      const content = await reading;
      if (state.startsWith('data')) assert.equal(dataState(content), state, `block ${first}`);
      else
        assert.ok(
          content.every((byte) => byte === 0),
          `block ${first} is not ${state}`,
        );
    }
  }

  #needsOf(pointKey: string, volumeId: string): GoldenDependencies['volumes'][number]['blocks'] {
    const found = this.#dependencies.volumes.find(
      (each) => each.pointKey === pointKey && each.volumeId === volumeId,
    );
    return found?.blocks ?? assert.fail(`${pointKey} has no volume ${volumeId}`);
  }
}
