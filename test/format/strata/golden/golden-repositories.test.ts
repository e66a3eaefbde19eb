import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { strataFormat } from '../../../../src/format/strata/strata-format.ts';
import { RecordReader } from '../../../../tools/strata-reader/record-reader.ts';
import { openRepository, readPoints } from '../../../../tools/strata-reader/repository.ts';
import { restoreVolume } from '../../../../tools/strata-reader/restore-volume.ts';
import { verifyRepository } from '../../../../tools/strata-reader/verify-repository.ts';
import { optionsOn } from '../../../../src/conformance/format-bench.ts';
import {
  GoldenReaders,
  type PointReading,
  readerOf,
  readWithProduct,
  readWithSecond,
  storeOf,
} from '../../../support/golden/golden-readers.ts';
import {
  type ExpectedContent,
  goldenNames,
  goldenPassphrase,
  objectsFolderOf,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';
import { makeTemporaryFolder } from '../../../support/vault/temporary-folder.ts';

const run = promisify(execFile);
const secondReader = fileURLToPath(
  new URL('../../../../tools/strata-reader/main.ts', import.meta.url),
);

for (const name of goldenNames) {
  describe(`the golden repository ${name}`, () => {
    let objects: Map<string, Buffer>;
    let expected: ExpectedContent;
    let readers: GoldenReaders;
    before(async () => {
      objects = await readGoldenObjects(name);
      expected = await readExpected(name);
      readers = await GoldenReaders.unlock(objects);
    });

    const assertIs = (reading: PointReading, pointKey: string): void => {
      assert.equal(reading.complaint, null);
      const volumes = expected.points[pointKey] ?? [];
      assert.deepEqual(
        reading.volumes,
        Object.fromEntries(
          volumes.map(({ volumeId, blocks }) => [volumeId, { blocks, complaints: [] }]),
        ),
      );
    };

    it('is opened by the product with its passphrase, and restored block by block', async () => {
      const repository = await strataFormat.openRepository(
        optionsOn(await storeOf(objects), goldenPassphrase),
      );
      const points = await Array.fromAsync(repository.listPoints());
      assert.deepEqual(
        points.map(({ instanceId, pointId }) => `points/${instanceId}/${pointId}`).toSorted(),
        Object.keys(expected.points).toSorted(),
      );
      for (const pointKey of Object.keys(expected.points)) {
        assertIs(await readWithProduct(repository, pointKey), pointKey);
      }
    });

    it('is opened by both with each of its secrets, and with none that it once had', async () => {
      const objectStore = await storeOf(objects);
      const { secrets = [], formerSecrets = [] } = expected;
      for (const secret of secrets) {
        await (await strataFormat.openRepository(optionsOn(objectStore, secret))).close();
        openRepository(readerOf(objects), secret);
      }
      for (const secret of [...formerSecrets, 'never one']) {
        const options = optionsOn(objectStore, secret);
        await assert.rejects(strataFormat.openRepository(options), { code: 'WRONG_PASSPHRASE' });
        assert.throws(() => openRepository(readerOf(objects), secret), /no key slot opens/);
      }
    });

    it('is restored block by block by the second reader', () => {
      const second = readers.second(objects);
      const found = readPoints(second);
      const keysOf = (kind: string): readonly string[] =>
        found.filter((each) => each.kind === kind).map(({ key }) => key);
      assert.deepEqual(keysOf('point'), Object.keys(expected.points).toSorted());
      assert.deepEqual(keysOf('tombstone'), expected.tombstones.toSorted());
      for (const pointKey of Object.keys(expected.points)) {
        assertIs(readWithSecond(second, pointKey), pointKey);
      }
    });

    it('is found sound by both', async () => {
      const repository = await readers.product(objects);
      const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
      assert.deepEqual(
        steps.filter(({ kind }) => kind === 'finding'),
        [],
      );
      assert.deepEqual(verifyRepository(readers.second(objects)), []);
    });

    it('gives raw images with the digests that were written down', () => {
      const second = readers.second(objects);
      const records = new RecordReader(second);
      for (const point of readPoints(second)) {
        if (point.kind !== 'point') continue;
        for (const { volumeId, rawSha256 } of expected.points[point.key] ?? []) {
          const volume = point.manifest.volumes.find((each) => each.volumeId === volumeId);
          if (rawSha256 === undefined || volume === undefined) continue;
          const image = Buffer.alloc(volume.sizeBytes);
          const damaged = restoreVolume(records, volume, (offset, content) => {
            content.copy(image, offset);
          });
          assert.deepEqual(damaged, []);
          assert.equal(createHash('sha256').update(image).digest('hex'), rawSha256, volumeId);
        }
      }
    });
  });
}

describe('the program of the second reader', () => {
  const call = (...args: readonly string[]): Promise<{ readonly stdout: string }> =>
    run(process.execPath, [secondReader, ...args], {
      env: { STRATA_PASSPHRASE: goldenPassphrase },
    });

  it('restores a volume of an increment to a raw image', async () => {
    await using folder = await makeTemporaryFolder();
    const { points } = await readExpected('v1-points');
    const [, [pointKey, volumes] = ['', []]] = Object.entries(points);
    const [volume] = volumes;
    assert.ok(volume !== undefined);
    const image = join(folder.path, 'image');
    const pointId = pointKey.slice(pointKey.lastIndexOf('/') + 1);
    await call('restore', objectsFolderOf('v1-points'), pointId, volume.volumeId, image);
    const digest = createHash('sha256').update(await readFile(image));
    assert.equal(digest.digest('hex'), volume.rawSha256);
  });

  for (const name of ['v1-unfinished', 'v1-slots'] as const) {
    it(`verifies what interrupted sessions left in ${name}`, async () => {
      const { stdout } = await call('verify', objectsFolderOf(name));
      assert.equal(stdout, 'all is well\n');
    });
  }
});
