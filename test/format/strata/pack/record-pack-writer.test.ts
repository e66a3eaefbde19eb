import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import { recordIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import { deriveRepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import { deriveSessionKeys } from '../../../../src/format/strata/keys/session-keys.ts';
import { locationOf } from '../../../../src/format/strata/map/map-node-reader.ts';
import type { RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { RecordPackWriter } from '../../../../src/format/strata/pack/record-pack-writer.ts';
import { packTargetSizeBytes } from '../../../../src/format/strata/pack/pack-header.ts';
import { decodeRecord } from '../../../../src/format/strata/record/decode-record.ts';
import type { RandomSource } from '../../../../src/ports/random-source.ts';

const repositoryKeys = deriveRepositoryKeys(
  [systemRandom.bytes(32)],
  systemRandom.uuid() as RepositoryId,
  0,
);
const session = deriveSessionKeys(systemRandom.uuid() as SessionId, systemRandom.bytes(32));

const records = 'map-node';

describe('a writer of packs', () => {
  it('fills packs of at most 32 MiB, of which every record is where its reference says', async () => {
    const objectStore = createMemoryObjectStore();
    const writer = new RecordPackWriter({
      objectStore,
      repositoryKeys,
      session,
      random: systemRandom,
      records,
      retainUntil: null,
    });
    const written: { readonly ref: RecordRef; readonly plain: Uint8Array }[] = [];
    for (let n = 0; n < 150; n += 1) {
      const plain = new Uint8Array(200_000 + 2000 * n).fill(n);
      const ref = await writer.write(recordIdOf(repositoryKeys.nodeIdKey, plain), plain);
      written.push({ ref, plain });
    }
    await writer.close();
    await writer.close();

    const packs = await Array.fromAsync(objectStore.list('packs/'));
    assert.equal(packs.length, 2);
    for (const pack of packs) assert.ok(pack.sizeBytes <= packTargetSizeBytes);
    const total = packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
    assert.equal(writer.bytesWritten, total - 2 * 40);
    for (const { ref, plain } of written) {
      const { offset, lengthBytes, id } = ref;
      const content = decodeRecord({
        bytes: await objectStore.get(ref.pack.key, { offset, lengthBytes }),
        expected: { kind: 'map-node', id },
        idKey: repositoryKeys.nodeIdKey,
        kindKeyOf: () => session.nodeKey,
        repositoryIdBytes: repositoryKeys.repositoryIdBytes,
        location: locationOf(ref),
      });
      assert.equal(Buffer.compare(content, plain), 0);
    }
  });

  it('writes no pack when there is nothing to write', async () => {
    const objectStore = createMemoryObjectStore();
    const options = {
      objectStore,
      repositoryKeys,
      session,
      random: systemRandom,
      records,
      retainUntil: null,
    } as const;

    await new RecordPackWriter(options).close();

    assert.deepEqual(await Array.fromAsync(objectStore.list('')), []);
  });

  it('never takes the pack of another writer that chose the same name', async () => {
    const objectStore = createMemoryObjectStore();
    const sameName: RandomSource = {
      ...systemRandom,
      bytes: (length) => (length === 4 ? new Uint8Array(4) : systemRandom.bytes(length)),
    };
    const options = {
      objectStore,
      repositoryKeys,
      session,
      random: sameName,
      records,
      retainUntil: null,
    } as const;
    const [first, second] = [new RecordPackWriter(options), new RecordPackWriter(options)];
    const plain = Buffer.from('a node');
    const id = recordIdOf(repositoryKeys.nodeIdKey, plain);
    await first.write(id, plain);
    await second.write(id, plain);
    await first.close();

    await assert.rejects(second.close(), { code: 'OBJECT_EXISTS', retry: 'retryable' });
  });
});
