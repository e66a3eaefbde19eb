import assert from 'node:assert/strict';
import { blockSizeBytes } from '../domain/block-size.ts';
import { problemOfDescription } from '../format/format-description.ts';
import { type FormatBench, allocated, everything, optionsOn, passphrase } from './format-bench.ts';
import type { ModelBlock } from './model-volume.ts';
import { contentOf, modelVolume } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';

/** What a format says of itself, and whether it is so. */
export function descriptionConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('its description', () => {
    it('has a name and traits that the engine understands', async () => {
      const { format, repository } = await bench();
      assert.equal(problemOfDescription(format), null);
      assert.equal(repository.format.name, format.name);
      assert.deepEqual(repository.format.traits, format.traits);
    });

    it('names the object that makes a place a repository', async () => {
      const { format, objectStore } = await bench();
      const { headerKey } = format;
      assert.notEqual(await objectStore.head(headerKey), null, `there is no object ${headerKey}`);

      await objectStore.delete(headerKey);

      await assert.rejects(format.openRepository(optionsOn(objectStore)), {
        code: 'NOT_A_REPOSITORY',
      });
    });

    it('tells whether what is stored can be read without the secret', async () => {
      const on = await bench();
      const block: ModelBlock = 'noise-7';
      const volume = modelVolume(['text-1', block]);
      await on.backUp(volume, everything);
      const texts = [
        { what: 'the passphrase', bytes: Buffer.from(passphrase, 'utf8') },
        ...(on.format.traits.encryption === 'none'
          ? []
          : [
              {
                what: 'the content of a block',
                bytes: Buffer.from(contentOf(block)).subarray(0, 64),
              },
              { what: 'the content of a block', bytes: Buffer.from('text-1 and so on') },
              { what: 'the configuration of an instance', bytes: Buffer.from('m7i.large') },
            ]),
      ];
      for await (const { key } of on.objectStore.list('')) {
        const stored = Buffer.from(await on.objectStore.get(key));
        for (const { what, bytes } of texts) {
          assert.ok(!stored.includes(bytes), `${what} stands in clear in the object ${key}`);
        }
      }
    });

    it('tells whether a block that is there already is stored again', async () => {
      const on = await bench();
      const before = modelVolume(['noise-1', 'noise-2']);
      const point = await on.backUp(before, allocated(before));
      const after = modelVolume(['noise-1', 'noise-1']);
      const [volume] = (await on.backUp(after, everything, point)).volumes;
      if (on.format.traits.deduplication === 'none') {
        const stored = volume?.bytesStored ?? 0;
        assert.ok(stored >= blockSizeBytes, 'what does not compress is stored in its full length');
      } else {
        assert.equal(volume?.blocksStored, 0, 'a block that is there already is stored again');
      }
    });
  });
}
