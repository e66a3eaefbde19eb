import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { allocated, passphrase } from '../../../../src/conformance/format-bench.ts';
import { blockOf, modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { RecordReader } from '../../../../tools/strata-reader/record-reader.ts';
import { openRepository, readPoints } from '../../../../tools/strata-reader/repository.ts';
import { restoreVolume } from '../../../../tools/strata-reader/restore-volume.ts';
import { readerOf } from '../../../support/golden/golden-readers.ts';
import { attack, dayMs, lockedBench, markAsRemoved, pointDays, startMs } from './locked-bench.ts';

const volume = modelVolume(text(0, 5));

describe('the second reader', () => {
  it('takes a locked point until its date whatever marks say, and from then on none', async () => {
    const bench = await lockedBench();
    const point = await bench.on.backUp(volume, allocated(volume));
    await markAsRemoved(bench, point);
    await attack(bench);
    await markAsRemoved(bench, point);
    const objects = new Map<string, Uint8Array>();
    for await (const { key } of bench.disk.list('')) objects.set(key, await bench.disk.get(key));
    const repository = openRepository(readerOf(objects), passphrase);
    const date = startMs + pointDays * dayMs;

    const [before] = readPoints(repository, date - 1);
    assert.ok(before?.kind === 'point');
    assert.equal(before.manifest.lockedUntil, date);
    const [stored] = before.manifest.volumes;
    assert.ok(stored !== undefined);
    let blocks = 0;
    restoreVolume(new RecordReader(repository), stored, (offset, content) => {
      blocks += 1;
      assert.equal(Buffer.compare(content, blockOf(volume, offset / blockSizeBytes)), 0);
    });
    assert.equal(blocks, 5);
    assert.deepEqual(
      readPoints(repository, date).map(({ kind }) => kind),
      ['removed'],
    );
  });
});
