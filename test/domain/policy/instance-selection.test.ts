import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type InstanceTags,
  isSameTags,
  listTags,
  tagsOfList,
} from '../../../src/domain/policy/instance-selection.ts';

const anyTags = fc.dictionary(fc.string(), fc.string(), { maxKeys: 6 });

describe('tags', () => {
  it('are the same in whatever order they are told', () => {
    assert.ok(isSameTags({ env: 'prod', team: 'a' }, { team: 'a', env: 'prod' }));
    assert.ok(isSameTags({}, {}));
  });

  const others: readonly (readonly [string, InstanceTags])[] = [
    ['one is gone', { env: 'prod' }],
    ['one came', { env: 'prod', team: 'a', use: '' }],
    ['one has another value', { env: 'prod', team: 'b' }],
    ['both have other values', { env: 'test', team: 'b' }],
    ['one has another key', { env: 'prod', Team: 'a' }],
  ];
  for (const [what, other] of others) {
    it(`are other ones when ${what}`, () => {
      assert.ok(!isSameTags({ env: 'prod', team: 'a' }, other));
      assert.ok(!isSameTags(other, { env: 'prod', team: 'a' }));
    });
  }

  it('are listed in the order of their keys, each of them, and read back as they were', () => {
    assert.deepEqual(listTags({ team: 'a', env: 'prod', use: '' }), [
      { key: 'env', value: 'prod' },
      { key: 'team', value: 'a' },
      { key: 'use', value: '' },
    ]);
    fc.assert(
      fc.property(anyTags, (tags) => {
        const list = listTags(tags);
        assert.deepEqual(
          list.map(({ key }) => key),
          Object.keys(tags).toSorted((one, other) => (one < other ? -1 : 1)),
        );
        assert.ok(isSameTags(tagsOfList(list), tags));
      }),
    );
  });

  it('may have a key that every object has', () => {
    const list = [{ key: '__proto__', value: 'x' }];
    assert.deepEqual(listTags(tagsOfList(list)), list);
  });
});
