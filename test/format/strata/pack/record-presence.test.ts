import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import { deriveRepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import { SessionKeyring } from '../../../../src/format/strata/keys/session-keyring.ts';
import { packRefOf, type RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { sessionKeyKey } from '../../../../src/format/strata/object/object-keys.ts';
import { PackSizes } from '../../../../src/format/strata/pack/pack-sizes.ts';
import { RecordPresence } from '../../../../src/format/strata/pack/record-presence.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';

const repositoryKeys = deriveRepositoryKeys(
  [systemRandom.bytes(32)],
  systemRandom.uuid() as RepositoryId,
  0,
);

/** A store of which is known how many requests it had, and how many at once. */
function watched(inner: ObjectStore): {
  readonly objectStore: ObjectStore;
  readonly seen: { requests: number; atOnceMax: number };
} {
  const seen = { requests: 0, atOnceMax: 0 };
  let atOnce = 0;
  const begin = async (): Promise<void> => {
    seen.requests += 1;
    atOnce += 1;
    seen.atOnceMax = Math.max(seen.atOnceMax, atOnce);
    await setImmediate();
  };
  return {
    seen,
    objectStore: {
      ...inner,
      get: async (key, range) => {
        await begin();
        return await inner.get(key, range).finally(() => (atOnce -= 1));
      },
      list: async function* (prefix, options) {
        await begin();
        yield* inner.list(prefix, options);
        atOnce -= 1;
      },
    },
  };
}

/** Records of so many sessions, each in a pack of its own that is there. */
async function records(objectStore: ObjectStore, count: number): Promise<readonly RecordRef[]> {
  const keyring = new SessionKeyring(objectStore, repositoryKeys, systemRandom);
  const refs: RecordRef[] = [];
  for (let n = 0; n < count; n += 1) {
    const sessionId = systemRandom.uuid() as SessionId;
    await keyring.create(sessionId, null);
    const pack = packRefOf({ sessionId, writer: 1, number: 0 });
    await objectStore.create(pack.key, new Uint8Array(1000));
    refs.push({ pack, offset: 500, lengthBytes: 500, id: new Uint8Array(32) });
  }
  return refs;
}

function presenceIn(objectStore: ObjectStore): RecordPresence {
  const keyring = new SessionKeyring(objectStore, repositoryKeys, systemRandom);
  return new RecordPresence(new PackSizes(objectStore), keyring);
}

describe('whether records can be read', () => {
  it('is asked once for each session, and for several sessions at a time', async () => {
    const memory = createMemoryObjectStore();
    const refs = await records(memory, 40);
    const { objectStore, seen } = watched(memory);
    const presence = presenceIn(objectStore);
    assert.equal(await presence.problemAmong([...refs, ...refs]), null);
    assert.equal(await presence.problemAmong(refs), null);
    assert.equal(seen.requests, 2 * 40);
    assert.ok(seen.atOnceMax >= 16 && seen.atOnceMax <= 32, `${seen.atOnceMax} at once`);
  });

  it('names the first that cannot: its pack is gone or too short, or the key of its session', async () => {
    const objectStore = createMemoryObjectStore();
    const refs = await records(objectStore, 4);
    const [sound, short, gone, keyless] = refs;
    assert.ok(short !== undefined && gone !== undefined && keyless !== undefined);
    await objectStore.delete(gone.pack.key);
    await objectStore.delete(sessionKeyKey(keyless.pack.sessionId));
    const tooLong = { ...short, lengthBytes: 501 };
    const problemAmong = (...asked: readonly (RecordRef | undefined)[]) =>
      presenceIn(objectStore).problemAmong(asked.filter((one) => one !== undefined));
    assert.match((await problemAmong(sound, tooLong, gone, keyless))?.reason ?? '', /ends at byte/);
    assert.match((await problemAmong(sound, gone, keyless))?.reason ?? '', /missing/);
    const found = await problemAmong(sound, keyless);
    assert.equal(found?.objectKey, sessionKeyKey(keyless.pack.sessionId));
  });
});
