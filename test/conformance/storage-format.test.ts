import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainFormat } from '../../demo/plain-format/plain-format.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { BlockIndex } from '../../src/domain/identifiers.ts';
import { storageFormatConformance } from '../../src/conformance/storage-format-conformance.ts';
import type { Repository } from '../../src/format/repository.ts';
import type { RestoredBlocks } from '../../src/format/restore-point.ts';
import type { RepositoryOptions } from '../../src/format/repository-options.ts';
import type { StorageFormat } from '../../src/format/storage-format.ts';
import type { Transfer } from '../../src/format/transfer.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { CollectedTests, type TestOutcome } from '../support/format/collect-tests.ts';

/** The plain format with something wrong in its repositories. */
function withRepository(change: (inner: Repository) => Partial<Repository>): StorageFormat {
  const changed = (inner: Repository): Repository => ({ ...inner, ...change(inner) });
  return {
    ...plainFormat,
    createRepository: async (options) => changed(await plainFormat.createRepository(options)),
    openRepository: async (options) => changed(await plainFormat.openRepository(options)),
  };
}

function changedStore(inner: ObjectStore, changes: Partial<ObjectStore>): ObjectStore {
  return {
    create: (key, body, options) => inner.create(key, body, options),
    get: (key, range, room) => inner.get(key, range, room),
    head: (key) => inner.head(key),
    list: (prefix, more) => inner.list(prefix, more),
    delete: (key) => inner.delete(key),
    retention: inner.retention,
    ...changes,
  };
}

/** The plain format on a store with something wrong in it. */
function withStore(change: (inner: ObjectStore) => Partial<ObjectStore>): StorageFormat {
  const changed = (options: RepositoryOptions): RepositoryOptions => {
    const inner = options.objectStore;
    return { ...options, objectStore: changedStore(inner, change(inner)) };
  };
  return {
    ...plainFormat,
    createRepository: (options) => plainFormat.createRepository(changed(options)),
    openRepository: (options) => plainFormat.openRepository(changed(options)),
  };
}

/** The plain format with something wrong in the store that its workers have. */
function withWorkerStore(change: (inner: ObjectStore) => Partial<ObjectStore>): StorageFormat {
  return {
    ...plainFormat,
    prepareTransfer: (...given) => {
      const prepared = plainFormat.prepareTransfer(...given);
      return {
        ...prepared,
        open: (options) => {
          const inner = options.objectStore;
          return prepared.open({ ...options, objectStore: changedStore(inner, change(inner)) });
        },
      };
    },
  };
}

/** The plain format with something wrong in its workers. */
function withTransfer(
  change: (inner: Transfer, store: ObjectStore) => Partial<Transfer>,
): StorageFormat {
  return {
    ...plainFormat,
    prepareTransfer: (...given) => {
      const prepared = plainFormat.prepareTransfer(...given);
      return {
        ...prepared,
        open: async (options) => {
          const inner = await prepared.open(options);
          return { ...inner, ...change(inner, options.objectStore) };
        },
      };
    },
  };
}

function zeros(first: BlockIndex): RestoredBlocks {
  const bytes = new Uint8Array(blockSizeBytes);
  return { kind: 'blocks', first, state: 'data', blockCount: 1, bytes };
}

/** Each with the test that has to notice, and what a person is told. */
const wrongFormats: readonly (readonly [
  mistake: string,
  format: StorageFormat,
  test: RegExp,
  told: RegExp,
])[] = [
  [
    'has a name that stands in no configuration',
    { ...plainFormat, name: 'My Format' },
    /its description: has a name and traits/,
    /the name 'My Format' is not 1 to 32 of a-z, 0-9 and '-'/,
  ],
  [
    'says that it encrypts',
    { ...plainFormat, traits: { ...plainFormat.traits, encryption: 'always' } },
    /its description: tells whether what is stored can be read/,
    /the content of a block stands in clear in the object packs\//,
  ],
  [
    'says that its points are independent',
    { ...plainFormat, traits: { ...plainFormat.traits, pointDependency: 'independent' } },
    /a point that is removed: leaves the points before and after it whole/,
    /needs the point/,
  ],
  [
    'says that it stores no block twice',
    { ...plainFormat, traits: { ...plainFormat.traits, deduplication: 'within-instance' } },
    /its description: tells whether a block that is there already is stored again/,
    /a block that is there already is stored again/,
  ],
  [
    'takes what was never written for zeros',
    withRepository((inner) => ({
      openPoint: async (pointId) => {
        const reader = await inner.openPoint(pointId);
        return {
          ...reader,
          async *readVolume(...given) {
            for await (const part of reader.readVolume(...given)) {
              const isAbsent = part.kind === 'blocks' && part.state === 'absent';
              yield isAbsent ? { ...part, state: 'zero' as const } : part;
            }
          },
        };
      },
    })),
    /a point: is the volume as it was/,
    /state of block 70/,
  ],
  [
    'reads zeros where data is damaged',
    withRepository((inner) => ({
      openPoint: async (pointId) => {
        const reader = await inner.openPoint(pointId);
        return {
          ...reader,
          async *readVolume(...given) {
            for await (const part of reader.readVolume(...given)) {
              if (part.kind === 'blocks') yield part;
              else yield zeros(part.firstBlock);
            }
          },
        };
      },
    })),
    /data that is damaged: is told of when an object is gone/,
    /block 0 is not what it was/,
  ],
  [
    'forgets to fence a session that is discarded',
    withRepository((inner) => ({
      discardWriter: async (sessionId) => {
        await inner.closeWriter(sessionId);
        return null;
      },
    })),
    /a session: that is discarded leaves nothing/,
    /SESSION_FENCED/,
  ],
  [
    'lets a removed point be committed again',
    withStore((inner) => ({
      create: async (key, body) => {
        if (!key.endsWith('.removed')) await inner.create(key, body);
      },
    })),
    /a point that is removed: is not committed again by a writer that slept/,
    /SESSION_FENCED/,
  ],
  [
    'leaves the mailbox of a session that has ended',
    withStore((inner) => ({
      delete: async (key) => {
        if (!key.startsWith('control/')) await inner.delete(key);
      },
    })),
    /what is not its own: goes when it is the mailbox/,
    /closeWriter leaves nothing under control\/SESSION\//,
  ],
  [
    'makes objects with its workers where they may not',
    withTransfer((inner, store) => ({
      async *run(request) {
        await store.create('index' as ObjectKey, Buffer.from('mine'));
        yield* inner.run(request);
      },
    })),
    /a worker: makes objects only where it may/,
    /a worker may not make the object index/,
  ],
  [
    'posts a segment before its blocks are durable',
    withWorkerStore((inner) => {
      let heldBack: (() => Promise<void>) | null = null;
      return {
        create: async (key, body) => {
          if (key.startsWith('packs/')) {
            heldBack = () => inner.create(key, body);
            return;
          }
          await inner.create(key, body);
          await heldBack?.();
          heldBack = null;
        },
      };
    }),
    /a worker that dies at any of its writes: leaves segments whose blocks are durable/,
    /packs\/.* is damaged/,
  ],
  [
    'does not tell of its last segment',
    withTransfer((inner) => ({
      async *run(request) {
        const segments = await Array.fromAsync(inner.run({ ...request, firstPlanned: 0 }));
        yield* segments.slice(0, -1);
      },
    })),
    /a worker: posts its segments in the order of the plan/,
    /segment covers something|the whole plan is covered/,
  ],
  [
    'makes the repository in two steps of which the first one looks whole',
    {
      ...plainFormat,
      createRepository: async (options) => {
        const made = await plainFormat.createRepository(options);
        await options.objectStore.create('settings' as ObjectKey, Buffer.from('{}'));
        return made;
      },
      openRepository: async (options) => {
        await options.objectStore.get('settings' as ObjectKey);
        return await plainFormat.openRepository(options);
      },
    },
    /a process that dies at any of its writes: leaves a repository or none/,
    /there is no object "settings"/,
  ],
];

describe('the conformance suite of storage formats', () => {
  for (const [mistake, format, test, told] of wrongFormats) {
    it(`notices a format that ${mistake}, and says so`, async () => {
      const [found, ...more] = await outcomesOf(format, test);
      assert.ok(found !== undefined && more.length === 0, `one test is called ${test.source}`);
      assert.ok(found.error !== null, `"${found.name}" passes`);
      assert.match(described(found.error), told);
    });
  }

  it('names each test with what it is about', async () => {
    const names = (await outcomesOf(plainFormat, /its description/)).map(({ name }) => name);
    assert.ok(names.length >= 3);
    for (const name of names) assert.match(name, /^example is a storage format: its description: /);
  });
});

function outcomesOf(format: StorageFormat, wanted: RegExp): Promise<readonly TestOutcome[]> {
  const tests = new CollectedTests();
  storageFormatConformance('example', () => Promise.resolve({ format }), tests.runner);
  return tests.run(wanted);
}

/** As a test runner prints it: with the fields of the error. */
function described(error: Error): string {
  return `${error.message} ${JSON.stringify(error)}`;
}
