import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeDescription,
  encodeDescription,
} from '../../../../src/adapters/aws/tags/description-codec.ts';
import { DescriptionError } from '../../../../src/adapters/aws/tags/description-fields.ts';
import { openTags } from '../../../../src/adapters/aws/tags/open-tags.ts';
import { sealTags } from '../../../../src/adapters/aws/tags/seal-tags.ts';
import { decodeHead } from '../../../../src/adapters/aws/tags/tag-head.ts';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';
import { tagLimits } from '../../../../src/adapters/aws/tags/tag-limits.ts';
import { describedResources } from '../../../support/aws/tags/described-resources.ts';
import { mutatedBytes } from '../../../support/fuzz/mutated-bytes.ts';

const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '300');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '1');
const keys = deriveTagKeys(new Uint8Array(32).fill(1));

describe('tags that anybody may have written', () => {
  it('are ours and what they were, or are not believed', () => {
    const changed = describedResources.chain((resource) => {
      const tags = sealTags(keys, resource, {
        requestNonce: new Uint8Array(16).fill(5),
        tagsMax: tagLimits.tagsMax,
      });
      const samples = tags.flatMap(({ name, value }) => [Buffer.from(name), Buffer.from(value)]);
      return fc.record({
        resource: fc.constant(resource),
        tags: fc.constant(tags),
        which: fc.nat(tags.length - 1),
        part: fc.constantFrom('name', 'value'),
        text: mutatedBytes(samples).map((bytes) => bytes.toString('latin1')),
      });
    });
    fc.assert(
      fc.property(changed, ({ resource, tags, which, part, text }) => {
        const all = tags.map((tag, n) => (n === which ? { ...tag, [part]: text } : tag));
        const opened = openTags(keys, all);
        if (opened.kind === 'authentic') assert.deepEqual(opened.resource, resource);
      }),
      { numRuns: runs, seed },
    );
  });

  it('break nothing that reads what was in them', () => {
    const described = describedResources.chain((resource) =>
      fc.record({
        kind: fc.constant(resource.kind),
        bytes: mutatedBytes([encodeDescription(resource)]),
      }),
    );
    fc.assert(
      fc.property(described, ({ kind, bytes }) => {
        decodeHead(bytes);
        try {
          decodeDescription(kind, bytes);
        } catch (error) {
          assert.ok(error instanceof DescriptionError, String(error));
        }
      }),
      { numRuns: runs, seed },
    );
  });
});
