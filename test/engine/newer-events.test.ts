import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { instanceStream, sessionStream } from '../../src/engine/ledger/stream-names.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { EventStore, StreamName } from '../../src/ports/event-store.ts';
import { backUp } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const web2 = 'web-2' as InstanceId;
const unknown = { code: 'UNKNOWN_EVENT' };

/** What a later version of the program does. */
async function appendFromTheFuture(eventStore: EventStore, stream: StreamName): Promise<void> {
  const newest = { direction: 'backwards', limit: 1 } as const;
  const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
  assert.ok(last !== undefined);
  const previousHash = recordHash(stream, last.revision, last);
  const metadata = { ...last.metadata, engineVersion: '99.0.0', previousHash };
  const id = crypto.randomUUID();
  const event = { id, type: 'FromTheFuture', data: Uint8Array.of(0x80), metadata };
  await eventStore.append(stream, last.revision, [event]);
}

describe('events of a newer version', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let vault: OpenTestVault;
  before(async () => {
    temporary = await makeTemporaryFolder();
    vault = await openTestVault(await makeTestVault(temporary.path));
    for (const instanceId of [web1, web2]) {
      const imagePath = path.join(temporary.path, `${instanceId}.img`);
      await makeDisk(imagePath, ['x', 'y']);
      await addTestInstance(vault, [imagePath], { level: 'off' }, instanceId);
      await backUp(vault.engine, { instanceId });
    }
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  it('stop what is about their stream, with what to do, and nothing else', async () => {
    const { engine, dependencies } = vault;
    const [session] = await engine.listSessions({ instanceId: web1 });
    assert.ok(session !== undefined);
    await appendFromTheFuture(dependencies.eventStore, instanceStream(web1));
    await appendFromTheFuture(dependencies.eventStore, sessionStream(session.sessionId));

    await assert.rejects(engine.startBackup({ instanceId: web1 }), {
      ...unknown,
      remedy: 'Use the newer version of snapledger that wrote it.',
    });
    await assert.rejects(Array.fromAsync(engine.replay(session.sessionId)), unknown);

    assert.equal((await backUp(engine, { instanceId: web2 })).summary.status, 'succeeded');
    const listed = await engine.listSessions();
    assert.deepEqual(
      listed.map(({ instanceId }) => instanceId),
      [web1, web2, web2],
    );
    assert.equal((await engine.instanceCounts()).size, 2);
  });
});
