import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openTags } from '../../../../src/adapters/aws/tags/open-tags.ts';
import type { ResourceDescription } from '../../../../src/adapters/aws/tags/resource-description.ts';
import { sealTags, type Tag } from '../../../../src/adapters/aws/tags/seal-tags.ts';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';
import { tagLimits } from '../../../../src/adapters/aws/tags/tag-limits.ts';
import { openTagName, sealTagName } from '../../../../src/adapters/aws/tags/tag-name.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, SnapshotSetId } from '../../../../src/domain/identifiers.ts';
import { describedResources, snapshotSets } from '../../../support/aws/tags/described-resources.ts';

const keys = deriveTagKeys(new Uint8Array(32).fill(1));
const otherKeys = deriveTagKeys(new Uint8Array(32).fill(2));
const options = { requestNonce: new Uint8Array(16).fill(5), tagsMax: tagLimits.tagsMax };
const portable = /^[A-Za-z0-9 +\-=._:/@]*$/;

const seal = (resource: ResourceDescription): readonly Tag[] =>
  sealTags(keys, resource, { ...options, requestNonce: systemRandom.bytes(16) });
const runs = { numRuns: 60 };

describe('encrypted tags', () => {
  it('give back the description that they carry, in any order and among tags of the user', () => {
    fc.assert(
      fc.property(describedResources, fc.nat(), (resource, seed) => {
        const users = [{ name: 'Name', value: 'web 1' }];
        const tags = rotated([...seal(resource), ...users], seed);

        const opened = openTags(keys, tags);

        assert.ok(opened.kind === 'authentic');
        assert.deepEqual(opened.resource, resource);
        assert.deepEqual(opened.foreignNames, []);
      }),
      runs,
    );
  });

  it('keep within the lengths, the number and the alphabet that every AWS service takes', () => {
    fc.assert(
      fc.property(describedResources, (resource) => {
        const tags = seal(resource);

        assert.ok(tags.length <= tagLimits.tagsMax);
        assert.equal(new Set(tags.map(({ name }) => name)).size, tags.length);
        for (const { name, value } of tags) {
          assert.match(name, portable);
          assert.match(value, portable);
          assert.ok(name.length <= 127, name);
          assert.ok(value.length <= 255, value);
          assert.ok(!name.startsWith('aws:'));
        }
      }),
      runs,
    );
  });

  it('are not believed when one is missing, changed, cut off or has the value of another', () => {
    fc.assert(
      fc.property(describedResources, fc.nat(), fc.nat(), (resource, which, where) => {
        const tags = seal(resource);
        const index = which % tags.length;
        const victim = tags[index];
        assert.ok(victim !== undefined);
        const { name, value } = victim;
        const neighbour = tags[(index + 1) % tags.length];
        assert.ok(neighbour !== undefined);
        const at = where % value.length;
        const other = value[at] === 'A' ? 'B' : 'A';

        const changes: readonly (readonly Tag[])[] = [
          tags.toSpliced(index, 1),
          tags.with(index, { name, value: value.slice(0, at) + other + value.slice(at + 1) }),
          tags.with(index, { name, value: value.slice(0, at) }),
          tags.with(index, { name, value: `${value}=` }),
          tags.with(index, { name, value: neighbour.value }),
        ];

        for (const changed of changes) {
          assert.equal(openTags(keys, changed).kind, 'untrusted');
        }
      }),
      runs,
    );
  });

  it('are not believed on a resource that also has some of another one', () => {
    fc.assert(
      fc.property(describedResources, describedResources, fc.nat(), (resource, other, which) => {
        const mine = seal(resource);
        const foreign = seal(other);
        const one = foreign[which % foreign.length];
        assert.ok(one !== undefined);
        const replaced = mine.filter(({ name }) => name !== one.name);

        assert.equal(openTags(keys, [...replaced, one]).kind, 'untrusted');
      }),
      runs,
    );
  });

  it('of two requests for one set do not mix', () => {
    fc.assert(
      fc.property(snapshotSets, (resource) => {
        const [first, second] = [seal(resource), seal(resource)];
        const opened = [first, second].map((tags) => openTags(keys, tags));
        const ids = opened.map((one) => (one.kind === 'authentic' ? one.requestId : assert.fail()));
        assert.notEqual(ids[0], ids[1]);

        const mixed = first.map((tag, index) => (index === 0 ? tag : (second[index] ?? tag)));
        assert.equal(openTags(keys, mixed).kind, 'untrusted');
      }),
      runs,
    );
  });

  it('of another repository are foreign, and tell nothing', () => {
    fc.assert(
      fc.property(describedResources, (resource) => {
        const tags = seal(resource);

        assert.deepEqual(openTags(otherKeys, tags), {
          kind: 'not-ours',
          foreignNames: tags.map(({ name }) => name),
        });
        const [mark] = tags;
        assert.ok(mark !== undefined);
        const both = [...sealTags(otherKeys, resource, options), ...tags];
        const opened = openTags(otherKeys, both);
        assert.ok(opened.kind === 'authentic');
        assert.ok(opened.foreignNames.includes(mark.name));
      }),
      { numRuns: 20 },
    );
  });

  it('show nothing of what they say', () => {
    const [resource] = fc.sample(snapshotSets, { numRuns: 1, seed: 7 });
    assert.ok(resource !== undefined);
    const text = JSON.stringify(seal({ ...resource, configuration: { secret: 'web-server-17' } }));

    const { owner, setId, volumes } = resource;
    const said = [owner.sessionId, owner.instanceId, setId, 'web-server', 'snapshot'];
    for (const word of [...said, ...volumes.map(({ volumeId }) => volumeId)]) {
      assert.ok(!text.includes(word), word);
    }
  });

  it('have names that are the same for the same thing, and others for another', () => {
    const sessionId = '00112233-4455-6677-8899-aabbccddeeff' as SessionId;
    const names = [
      { kind: 'mark' },
      { kind: 'session', sessionId },
      { kind: 'session', sessionId: sessionId.replace('0', '1') as SessionId },
      { kind: 'instance', instanceId: 'i-1' as InstanceId },
      { kind: 'part', index: 0 },
      { kind: 'part', index: 1 },
    ] as const;

    for (const name of names) {
      const text = sealTagName(keys, name);
      assert.equal(text, sealTagName(keys, name));
      assert.deepEqual(openTagName(keys, text), name);
      assert.equal(openTagName(otherKeys, text), null);
      assert.equal(openTagName(keys, `${text}A`), null);
    }
    assert.equal(new Set(names.map((name) => sealTagName(keys, name))).size, names.length);
  });

  it('are the same again when a request is repeated', () => {
    fc.assert(
      fc.property(describedResources, (resource) => {
        assert.deepEqual(sealTags(keys, resource, options), sealTags(keys, resource, options));
      }),
      { numRuns: 20 },
    );
  });

  it('are refused when they would not fit beside those of the user', () => {
    const [resource] = fc.sample(snapshotSets, { numRuns: 1, seed: 7 });
    assert.ok(resource !== undefined);
    const needed = seal(resource).length;

    assert.equal(sealTags(keys, resource, { ...options, tagsMax: needed }).length, needed);
    assert.throws(
      () => sealTags(keys, resource, { ...options, tagsMax: needed - 1 }),
      (error) => hasErrorCode(error, 'LIMIT_EXCEEDED'),
    );
  });

  it('are refused for ids that cannot be in a tag', () => {
    const [resource] = fc.sample(snapshotSets, { numRuns: 1, seed: 7 });
    assert.ok(resource !== undefined);
    const { owner } = resource;
    const refused: readonly ResourceDescription[] = [
      { ...resource, setId: 'no-uuid' as SnapshotSetId },
      { ...resource, owner: { ...owner, sessionId: 'no-uuid' as SessionId } },
      { ...resource, owner: { ...owner, instanceId: 'i'.repeat(65) as InstanceId } },
      { ...resource, owner: { ...owner, instanceId: '' as InstanceId } },
    ];

    for (const one of refused) {
      assert.throws(
        () => seal(one),
        (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
      );
    }
  });
});

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
