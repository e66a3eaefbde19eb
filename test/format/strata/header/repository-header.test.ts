import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { createHeader } from '../../../../src/format/strata/header/create-header.ts';
import { unlockRepository } from '../../../../src/format/strata/slots/unlock-repository.ts';
import {
  decodeMsgpack,
  encodeMsgpack,
  type Storable,
} from '../../../../src/format/strata/encoding/msgpack.ts';
import { headerObjectKey } from '../../../../src/format/strata/object/object-keys.ts';
import { strataFormat } from '../../../../src/format/strata/strata-format.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { storeOf } from '../../../support/golden/golden-readers.ts';
import { readGoldenObjects } from '../../../support/golden/golden-repository.ts';
import { cheapHardness } from '../../../support/format/cheap-strata.ts';

const composed = 'Caf\u00e9 f\u00fcr alle';
const decomposed = 'Cafe\u0301 fu\u0308r alle';

async function created(): Promise<ObjectStore> {
  const objectStore = createMemoryObjectStore();
  const secret = { kind: 'passphrase', passphrase: composed } as const;
  await createHeader(
    { objectStore, secret, random: systemRandom, clock: systemClock },
    cheapHardness,
  );
  return objectStore;
}

async function unlock(objectStore: ObjectStore, passphrase = composed): Promise<string> {
  const secret = { kind: 'passphrase', passphrase } as const;
  return (await unlockRepository({ objectStore, secret })).repositoryId;
}

/** Another store whose header is `change` of this one's. */
async function changed(
  objectStore: ObjectStore,
  change: (bytes: Buffer) => Uint8Array,
): Promise<ObjectStore> {
  const other = createMemoryObjectStore();
  for await (const { key } of objectStore.list('')) {
    const bytes = Buffer.from(await objectStore.get(key));
    await other.create(key, key === headerObjectKey ? change(bytes) : bytes);
  }
  return other;
}

/** The header with a checksum that fits, as somebody without the key can make it. */
function resealed(bytes: Buffer): Uint8Array {
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, hash('sha256', body, 'buffer')]);
}

describe('the header of a repository', () => {
  it('opens with its passphrase, however its letters are composed', async () => {
    const objectStore = await created();

    assert.equal(await unlock(objectStore, composed), await unlock(objectStore, decomposed));
  });

  it('tells a wrong passphrase, an empty one, and a place without a repository', async () => {
    const objectStore = await created();

    await assert.rejects(unlock(objectStore, 'wrong'), { code: 'WRONG_PASSPHRASE' });
    await assert.rejects(unlock(objectStore, ''), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(unlock(createMemoryObjectStore()), { code: 'NOT_A_REPOSITORY' });
  });

  it('of a new repository is as hard to try as RFC 9106 recommends', async () => {
    const objectStore = createMemoryObjectStore();
    const secret = { kind: 'passphrase', passphrase: composed } as const;
    const options = { objectStore, secret, random: systemRandom, clock: systemClock };
    await (await strataFormat.createRepository(options)).close();

    const [tableKey] = await Array.fromAsync(objectStore.list('slots/'), ({ key }) => key);
    assert.ok(tableKey !== undefined);
    const { slots } = fieldsOf(Buffer.from(await objectStore.get(tableKey)));
    const [{ kdf, memoryKib, passes, parallelism } = {}] = slots as readonly Record<
      string,
      unknown
    >[];
    assert.deepEqual([kdf, memoryKib, passes, parallelism], ['argon2id', 65_536, 3, 4]);
    await unlock(objectStore);
  });

  it('is never replaced', async () => {
    const objectStore = await created();
    const id = await unlock(objectStore);
    const secret = { kind: 'passphrase', passphrase: 'mine now' } as const;

    await assert.rejects(
      createHeader(
        { objectStore, secret, random: systemRandom, clock: systemClock },
        cheapHardness,
      ),
      { code: 'REPOSITORY_EXISTS' },
    );
    assert.equal(await unlock(objectStore), id);
  });

  it('whose answer is lost is found to be made, and can be opened', async () => {
    const inner = createMemoryObjectStore();
    const objectStore: ObjectStore = {
      ...createHookedObjectStore(inner, {}),
      // As an S3 client does whose first answer is lost: it meets its own object.
      create: async (key, body) => {
        await inner.create(key, body);
        if (key === headerObjectKey) await inner.create(key, body);
      },
    };
    const secret = { kind: 'passphrase', passphrase: composed } as const;
    const options = { objectStore, secret, random: systemRandom, clock: systemClock };
    const { repositoryId } = await createHeader(options, cheapHardness);
    assert.equal(await unlock(inner), repositoryId);
  });

  it('that somebody else made meanwhile is kept, and nothing is left beside it', async () => {
    const other = await created();
    const inner = createMemoryObjectStore();
    const objectStore: ObjectStore = {
      ...createHookedObjectStore(inner, {}),
      create: async (key, body) => {
        if (key === headerObjectKey) {
          for await (const found of other.list('')) {
            await inner.create(found.key, await other.get(found.key));
          }
        }
        await inner.create(key, body);
      },
    };
    const secret = { kind: 'passphrase', passphrase: 'mine' } as const;
    const options = { objectStore, secret, random: systemRandom, clock: systemClock };
    await assert.rejects(createHeader(options, cheapHardness), { code: 'REPOSITORY_EXISTS' });
    assert.equal(await unlock(inner), await unlock(other));
    assert.equal((await Array.fromAsync(inner.list('slots/'))).length, 1);
  });

  it('with any byte damaged is told from a wrong passphrase', async () => {
    const objectStore = await created();
    const { length } = await objectStore.get(headerObjectKey);
    for (let at = 0; at < length; at += 1) {
      const damaged = await changed(objectStore, (bytes) => {
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
        return bytes;
      });
      await assert.rejects(unlock(damaged), {
        code: 'OBJECT_CORRUPT',
        message: /strata/,
        remedy: /put it back from a copy/,
      });
    }
  });

  it('that lost its end is damaged, and another object is no header', async () => {
    const objectStore = await created();
    const short = await changed(objectStore, (bytes) => bytes.subarray(0, 20));
    const other = await changed(objectStore, () => Buffer.from('something else'));

    await assert.rejects(unlock(short), {
      code: 'OBJECT_CORRUPT',
      remedy: /put it back from a copy/,
    });
    await assert.rejects(unlock(other), { code: 'NOT_A_REPOSITORY' });
  });

  it('of a newer version, or with an unknown feature that matters, says what is needed', async () => {
    const objectStore = await created();
    const newer = await changed(objectStore, (bytes) => {
      bytes.writeUInt8(2, 6);
      return resealed(bytes);
    });
    const withFeature = await changed(
      objectStore,
      withFields({ incompatibleFeatures: ['erasure'] }),
    );

    await assert.rejects(unlock(newer), { code: 'REPOSITORY_VERSION', message: /version 2/ });
    await assert.rejects(unlock(withFeature), { code: 'REPOSITORY_VERSION', message: /erasure/ });
  });

  it('changed by somebody without the key is refused', async () => {
    const objectStore = await created();
    const forged = await changed(objectStore, withFields({ compatibleFeatures: ['tidy'] }));
    const ownSlots = await changed(objectStore, withFields({ incompatibleFeatures: [] }));

    await assert.rejects(unlock(forged), { code: 'OBJECT_CORRUPT', message: /not authentic/ });
    await assert.rejects(unlock(ownSlots), { code: 'OBJECT_CORRUPT', message: /slots is empty/ });
  });

  it('that asks for too much memory, or has slots beside its tables, is refused unopened', async () => {
    const old = await storeOf(await readGoldenObjects('v1-points'));
    const greedy = await changed(old, (bytes) => {
      const [slot] = fieldsOf(bytes)['slots'] as readonly Record<string, number>[];
      return withFields({ slots: [{ ...slot, memoryKib: 2 ** 31 }] })(bytes);
    });
    const both = await changed(old, withFields({ incompatibleFeatures: ['slot-tables'] }));

    await assert.rejects(unlock(greedy), { code: 'OBJECT_CORRUPT', message: /memoryKib/ });
    await assert.rejects(unlock(both), { code: 'OBJECT_CORRUPT', message: /slots is not empty/ });
  });

  it('whose tables of key slots are gone cannot be opened', async () => {
    const objectStore = await created();
    for await (const { key } of objectStore.list('slots/')) await objectStore.delete(key);

    await assert.rejects(unlock(objectStore), {
      code: 'OBJECT_CORRUPT',
      message: /no table of key slots is left/,
      remedy: /put it back from a copy/,
    });
  });
});

function fieldsOf(bytes: Buffer): Record<string, unknown> {
  return decodeMsgpack(bytes.subarray(8, -64)) as Record<string, unknown>;
}

function withFields(fields: Readonly<Record<string, Storable>>): (bytes: Buffer) => Uint8Array {
  return (bytes) => {
    const content = { ...fieldsOf(bytes), ...fields } as Storable;
    const end = bytes.subarray(-64);
    return resealed(Buffer.concat([bytes.subarray(0, 8), encodeMsgpack(content), end]));
  };
}
