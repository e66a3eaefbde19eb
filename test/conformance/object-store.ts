import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { hasErrorCode } from '../../src/domain/errors/snapledger-error.ts';
import {
  type ObjectKey,
  type ObjectStore,
  objectStoreLimits,
} from '../../src/ports/object-store.ts';
import { pagesFor, sharedPageAligned } from '../../src/ports/page-aligned.ts';

export interface ObjectStoreHarness {
  /** A handle to this harness's objects; each further one as another process would have it. */
  open(): Promise<ObjectStore>;
  dispose(): Promise<void>;
}

/** Everything that src/ports/object-store.ts promises, and every store has to keep. */
export function objectStoreConformance(
  name: string,
  factory: () => Promise<ObjectStoreHarness>,
): void {
  describe(`${name} is an object store`, () => {
    let harness: ObjectStoreHarness;
    let store: ObjectStore;
    let other: ObjectStore;

    beforeEach(async () => {
      harness = await factory();
      store = await harness.open();
      other = await harness.open();
    });
    afterEach(() => harness.dispose());

    describe('create', () => {
      it('stores the parts as one object, which every handle sees at once', async () => {
        await store.create(key('packs/s/1'), [bytes('ab'), bytes(''), bytes('c')]);

        assert.equal(text(await other.get(key('packs/s/1'))), 'abc');
        assert.deepEqual(await other.head(key('packs/s/1')), { key: 'packs/s/1', sizeBytes: 3 });
        assert.deepEqual(await keysOf(other.list('')), ['packs/s/1']);
      });

      it('stores an empty object', async () => {
        await store.create(key('none'), []);
        await store.create(key('empty'), new Uint8Array());

        assert.deepEqual(await store.head(key('none')), { key: 'none', sizeBytes: 0 });
        assert.deepEqual(await store.get(key('empty')), new Uint8Array());
      });

      it('stores many parts in their order', async () => {
        const parts = Array.from({ length: 3000 }, (_, n) => bytes(`${n};`));

        await store.create(key('many'), parts);

        assert.equal(text(await store.get(key('many'))), parts.map(text).join(''));
      });

      it('lets the caller reuse the parts afterwards', async () => {
        const part = bytes('before');
        await store.create(key('a'), [part]);

        part.fill(0);

        assert.equal(text(await store.get(key('a'))), 'before');
      });

      it('rejects a key that is taken, and leaves the object as it is', async () => {
        await store.create(key('a'), bytes('first'));

        await rejectsWith(other.create(key('a'), bytes('second')), 'OBJECT_EXISTS');

        assert.equal(text(await store.get(key('a'))), 'first');
      });

      it('has exactly one winner among creators of one key at the same time', async () => {
        const bodies = Array.from({ length: 16 }, (_, n) => bytes(`creator ${n}`.repeat(5000)));

        const results = await Promise.allSettled(
          bodies.map((body, n) => (n % 2 === 0 ? store : other).create(key('f/contested'), body)),
        );

        const winners = bodies.filter((_, n) => results[n]?.status === 'fulfilled');
        assert.equal(winners.length, 1);
        for (const result of results) {
          assert.ok(result.status === 'fulfilled' || hasErrorCode(result.reason, 'OBJECT_EXISTS'));
        }
        assert.deepEqual(await store.get(key('f/contested')), winners[0]);
      });

      it('takes a key again after its object was removed', async () => {
        await store.create(key('f/a'), bytes('old'));
        await store.delete(key('f/a'));

        await store.create(key('f/a'), bytes('new'));

        assert.equal(text(await store.get(key('f/a'))), 'new');
      });

      it('rejects a body over the limit, and leaves nothing', async () => {
        const part = new Uint8Array(objectStoreLimits.objectMaxBytes / 4);

        await rejectsWith(
          store.create(key('big'), [part, part, part, part, bytes('x')]),
          'LIMIT_EXCEEDED',
        );

        assert.equal(await store.head(key('big')), null);
      });

      it('either holds a key beside its own folder, or says that it cannot', async () => {
        await store.create(key('a/b'), bytes('inner'));

        const outer = await outcomeOf(store.create(key('a'), bytes('outer')));
        const deeper = await outcomeOf(store.create(key('a/b/c'), bytes('deeper')));

        assert.ok(outer === 'done' || outer === 'OBJECT_KEY_INVALID', outer);
        assert.ok(deeper === 'done' || deeper === 'OBJECT_KEY_INVALID', deeper);
        const expected = [
          ...(outer === 'done' ? ['a'] : []),
          'a/b',
          ...(deeper === 'done' ? ['a/b/c'] : []),
        ];
        assert.deepEqual(await keysOf(store.list('')), expected);
      });
    });

    describe('get', () => {
      it('gives a part of the object', async () => {
        await store.create(key('a'), bytes('0123456789'));

        const part = async (offset: number, lengthBytes: number): Promise<string> =>
          text(await store.get(key('a'), { offset, lengthBytes }));

        assert.equal(await part(0, 10), '0123456789');
        assert.equal(await part(3, 4), '3456');
        assert.equal(await part(9, 1), '9');
        assert.equal(await part(10, 0), '');
      });

      it('rejects a range that goes beyond the end, rather than giving less', async () => {
        await store.create(key('a'), bytes('0123456789'));

        for (const [offset, lengthBytes] of [
          [0, 11],
          [9, 2],
          [10, 1],
          [2 ** 40, 1],
        ] as const) {
          await rejectsWith(store.get(key('a'), { offset, lengthBytes }), 'OBJECT_RANGE');
        }
      });

      it('rejects a range that is no range', async () => {
        await store.create(key('a'), bytes('0123456789'));

        for (const [offset, lengthBytes] of [
          [-1, 2],
          [0, -1],
          [0.5, 1],
          [NaN, 1],
          [0, Infinity],
        ]) {
          await rejectsWith(
            store.get(key('a'), { offset: offset ?? 0, lengthBytes: lengthBytes ?? 0 }),
            'INVALID_ARGUMENT',
          );
        }
      });

      it('rejects a key that has no object', async () => {
        await store.create(key('folder/a'), bytes('a'));

        for (const absent of ['b', 'folder', 'folder/a/b', 'folder/b', 'other/a']) {
          await rejectsWith(store.get(key(absent)), 'OBJECT_NOT_FOUND');
          await rejectsWith(
            store.get(key(absent), { offset: 0, lengthBytes: 1 }),
            'OBJECT_NOT_FOUND',
          );
        }
      });

      it('gives bytes that belong to the caller alone', async () => {
        await store.create(key('a'), bytes('0123456789'));
        const first = await store.get(key('a'));

        first.fill(0);

        assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype);
        assert.equal(first.byteLength, first.buffer.byteLength);
        assert.equal(text(await store.get(key('a'))), '0123456789');
      });
    });

    describe('get into memory that is lent', () => {
      const large = Buffer.alloc(3 * 1024 * 1024, 'all work and no play ');

      for (const [offset, lengthBytes] of [
        [0, large.length],
        [1, large.length - 1],
        [4096, 1024 * 1024],
        [4095, 1024 * 1024 + 2],
        [large.length - 300_000, 300_000],
        [17, 5],
      ] as const) {
        it(`gives ${lengthBytes} bytes from ${offset} on, wherever they are then`, async () => {
          await store.create(key('a'), large);
          const room = new Uint8Array(sharedPageAligned(pagesFor(lengthBytes)));

          const part = await store.get(key('a'), { offset, lengthBytes }, room);

          const expected = large.subarray(offset, offset + lengthBytes);
          assert.equal(Buffer.compare(part, expected), 0);
        });
      }

      it('rejects what it would reject without', async () => {
        await store.create(key('a'), large);
        const lengthBytes = 1024 * 1024;
        const room = new Uint8Array(sharedPageAligned(pagesFor(lengthBytes)));
        const beyond = { offset: large.length - lengthBytes + 1, lengthBytes };

        await rejectsWith(store.get(key('a'), beyond, room), 'OBJECT_RANGE');
        await rejectsWith(
          store.get(key('b'), { offset: 0, lengthBytes }, room),
          'OBJECT_NOT_FOUND',
        );
      });
    });

    describe('head', () => {
      it('knows nothing of a key that has no object', async () => {
        await store.create(key('folder/a'), bytes('a'));

        for (const absent of ['b', 'folder', 'folder/a/b', 'other/a']) {
          assert.equal(await store.head(key(absent)), null);
        }
      });
    });

    describe('list', () => {
      // sorted by hand: '-' < '.' < '/' < digits < capitals < '_' < small letters
      const sorted = [
        ...['A', 'a-', 'a-b', 'a.b', 'a/-', 'a/b', 'a/b-/c', 'a/b.c', 'a/b0', 'a/c/d/e', 'a0'],
        ...['aB', 'a_b', 'ab/c', 'b/0001', 'b/0002', 'b/0010'],
      ];

      beforeEach(async () => {
        await Promise.all([...sorted].reverse().map((k) => store.create(key(k), bytes(k))));
      });

      it('gives all objects in the order of their keys, with their sizes', async () => {
        const objects = await Array.fromAsync(store.list(''));

        assert.deepEqual(
          objects,
          sorted.map((k) => ({ key: k, sizeBytes: k.length })),
        );
      });

      it('takes the prefix as plain text, not as a folder', async () => {
        assert.deepEqual(await keysOf(store.list('a/b')), ['a/b', 'a/b-/c', 'a/b.c', 'a/b0']);
        assert.deepEqual(await keysOf(store.list('a/c/')), ['a/c/d/e']);
        assert.deepEqual(await keysOf(store.list('a/c/d/e')), ['a/c/d/e']);
        assert.deepEqual(await keysOf(store.list('b/00')), ['b/0001', 'b/0002', 'b/0010']);
      });

      it('gives nothing for a prefix with which no key starts', async () => {
        for (const prefix of ['zz', 'a/b/', '/', '//', '../', './', 'a/../', 'a//', 'a\0', '~']) {
          assert.deepEqual(await keysOf(store.list(prefix)), [], prefix);
        }
      });

      it('goes on after any key, whether that has an object or not', async () => {
        for (const after of [
          ...sorted,
          '0',
          'a',
          'a/',
          'a/a',
          'a/b-',
          'a/b-/z',
          'a/c/d',
          'b',
          'c',
        ]) {
          const expected = sorted.filter((k) => k > after);
          assert.deepEqual(await keysOf(store.list('', { after: key(after) })), expected, after);
        }
        assert.deepEqual(await keysOf(store.list('b/', { after: key('b/0001') })), [
          'b/0002',
          'b/0010',
        ]);
      });

      it('can be left early, and begun again', async () => {
        for await (const object of store.list('')) {
          assert.equal(object.key, 'A');
          break;
        }
        assert.equal((await keysOf(store.list(''))).length, sorted.length);
      });

      it('stands objects that come and go meanwhile, and misses none that stays', async () => {
        const stays = Array.from({ length: 40 }, (_, n) => `c/${n}/stays`).sort();
        await Promise.all(stays.map((k) => store.create(key(k), bytes(k))));
        let listings = 0;

        const churn = async (): Promise<void> => {
          for (let n = 0; listings < 4; n = (n + 7) % 40) {
            const passing = key(`c/${n}/passing/${n}`);
            await other.create(passing, bytes('x'));
            await other.delete(passing);
          }
        };
        const listAgain = async (): Promise<void> => {
          for (; listings < 4; listings++) {
            const found = await keysOf(store.list('c/'));
            assert.deepEqual(
              found.filter((k) => k.endsWith('stays')),
              stays,
            );
            assert.deepEqual(found, [...found].sort());
          }
        };
        await Promise.all([churn(), listAgain().finally(() => (listings = 4))]);
      });
    });

    describe('delete', () => {
      it('removes the object for every handle, and no other', async () => {
        await store.create(key('f/a'), bytes('a'));
        await store.create(key('f/ab'), bytes('ab'));

        await store.delete(key('f/a'));

        assert.equal(await other.head(key('f/a')), null);
        await rejectsWith(other.get(key('f/a')), 'OBJECT_NOT_FOUND');
        assert.deepEqual(await keysOf(other.list('')), ['f/ab']);
      });

      it('is fine when there is nothing to remove', async () => {
        await store.create(key('f/a'), bytes('a'));

        for (const absent of ['b', 'f', 'f/b', 'f/a/b', 'g/h/i']) await store.delete(key(absent));

        assert.deepEqual(await keysOf(store.list('')), ['f/a']);
      });

      it('never makes a creation in the same folder fail', async () => {
        const churn = async (n: number): Promise<void> => {
          const mine = key(`deep/er/folder/${n}`);
          for (let round = 0; round < 25; round++) {
            const handle = round % 2 === 0 ? store : other;
            await handle.create(mine, bytes(`${n}`));
            assert.equal(text(await handle.get(mine)), `${n}`);
            await handle.delete(mine);
          }
        };

        await Promise.all([0, 1, 2, 3].map(churn));

        assert.deepEqual(await keysOf(store.list('')), []);
      });
    });

    describe('keys', () => {
      const longest = `${'k'.repeat(255)}/${'l'.repeat(254)}/m`;

      it('may be as long as the limit, and use every letter of the alphabet', async () => {
        assert.equal(longest.length, objectStoreLimits.keyMaxLength);
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ/abcdefghijklmnopqrstuvwxyz/0123456789._-';
        for (const valid of [alphabet, longest, '...', '-', '.tmp/a', '.hidden']) {
          await store.create(key(valid), bytes(valid));
          assert.equal(text(await store.get(key(valid))), valid);
        }
      });

      it('are held against their rule in every method', async () => {
        const invalid = [
          ...['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', './a', 'a/.', 'a/..'],
          ...['a b', 'a\n', 'a\0', 'ä', 'a\\b', '~tmp/a', 'a*', 'k'.repeat(256)],
          'a/'.repeat(256) + 'b',
        ];
        for (const bad of invalid) {
          await rejectsWith(store.create(key(bad), bytes('x')), 'OBJECT_KEY_INVALID');
          await rejectsWith(store.get(key(bad)), 'OBJECT_KEY_INVALID');
          await rejectsWith(store.head(key(bad)), 'OBJECT_KEY_INVALID');
          await rejectsWith(store.delete(key(bad)), 'OBJECT_KEY_INVALID');
        }
        assert.deepEqual(await keysOf(store.list('')), []);
      });
    });

    it('behaves like a map that nothing can overwrite, whatever is done in whatever order', async () => {
      const someKey = fc.constantFrom('a/b', 'a/c', 'a-b', 'a.b/c', 'a0', 'a/d/e', 'b', 'B/-/_');
      const someBody = fc.uint8Array({ maxLength: 8 });
      const somePrefix = fc.constantFrom('', 'a', 'a/', 'a-', 'a/d', 'b', 'B/-', 'z');
      const step = fc.oneof(
        fc.record({ do: fc.constant('create' as const), key: someKey, body: someBody }),
        fc.record({ do: fc.constant('delete' as const), key: someKey }),
        fc.record({ do: fc.constant('get' as const), key: someKey }),
        fc.record({ do: fc.constant('list' as const), prefix: somePrefix, after: someKey }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
          const model = new Map<string, Uint8Array>();
          for (const each of steps) {
            switch (each.do) {
              case 'create': {
                const outcome = await outcomeOf(store.create(key(each.key), each.body));
                assert.equal(outcome, model.has(each.key) ? 'OBJECT_EXISTS' : 'done');
                if (outcome === 'done') model.set(each.key, each.body);
                break;
              }
              case 'delete':
                await other.delete(key(each.key));
                model.delete(each.key);
                break;
              case 'get': {
                const expected = model.get(each.key);
                const info = await other.head(key(each.key));
                assert.equal(info?.sizeBytes, expected?.byteLength);
                if (expected === undefined) {
                  await rejectsWith(store.get(key(each.key)), 'OBJECT_NOT_FOUND');
                } else assert.deepEqual(await store.get(key(each.key)), expected);
                break;
              }
              case 'list': {
                const { prefix, after } = each;
                const expected = [...model.keys()].filter((k) => k.startsWith(prefix) && k > after);
                const found = await keysOf(other.list(prefix, { after: key(after) }));
                assert.deepEqual(found, expected.sort());
                break;
              }
            }
          }
          for (const k of model.keys()) await store.delete(key(k));
        }),
        { numRuns: 40 },
      );
    });
  });
}

/** A cast on purpose: the suite also asks with keys that are none. */
function key(value: string): ObjectKey {
  return value as ObjectKey;
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

async function keysOf(
  objects: AsyncIterable<{ readonly key: string }>,
): Promise<readonly string[]> {
  return await Array.fromAsync(objects, (object) => object.key);
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return hasErrorCode(error, 'OBJECT_EXISTS', 'OBJECT_KEY_INVALID') ? error.code : String(error);
  }
}

async function rejectsWith(
  work: Promise<unknown>,
  code: Parameters<typeof hasErrorCode>[1],
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(hasErrorCode(error, code), `expected ${code}, got: ${String(error)}`);
    return true;
  });
}
