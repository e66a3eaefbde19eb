import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { instanceStream, sessionStream } from '../../src/engine/ledger/stream-names.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { EventStore, NewEvent, StreamName } from '../../src/ports/event-store.ts';
import { backUp } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const web2 = 'web-2' as InstanceId;
const web3 = 'web-3' as InstanceId;

/** Appends as the store allows it, and the ledger does not. */
async function appendUnchecked(
  eventStore: EventStore,
  stream: StreamName,
  { type, data }: Pick<NewEvent, 'type' | 'data'>,
): Promise<void> {
  const newest = { direction: 'backwards', limit: 1 } as const;
  const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
  assert.ok(last !== undefined);
  const previousHash = recordHash(stream, last.revision, last);
  const metadata = { ...last.metadata, previousHash };
  await eventStore.append(stream, last.revision, [
    { id: crypto.randomUUID(), type, data, metadata },
  ]);
}

interface Unreadable {
  readonly what: string;
  readonly instanceId: InstanceId;
  readonly ofInstance: Pick<NewEvent, 'type' | 'data'>;
  readonly ofSession: Pick<NewEvent, 'type' | 'data'>;
  readonly error: { readonly code: string; readonly message: RegExp; readonly remedy: RegExp };
}

const emptyMap = Uint8Array.of(0x80);

const unreadable: readonly Unreadable[] = [
  {
    what: 'a newer version wrote it',
    instanceId: web1,
    ofInstance: { type: 'FromTheFuture', data: emptyMap },
    ofSession: { type: 'FromTheFuture', data: emptyMap },
    error: {
      code: 'UNKNOWN_EVENT',
      message: /of the type 'FromTheFuture'/,
      remedy: /^Use the newer version of snapledger that wrote it\.$/,
    },
  },
  {
    what: 'it breaks its schema',
    instanceId: web3,
    ofInstance: { type: 'SessionReleased', data: emptyMap },
    ofSession: { type: 'CancellationRequested', data: emptyMap },
    error: {
      code: 'LEDGER_CORRUPT',
      message:
        /event \d+ of the stream '.+' is not what .+: (sessionId|reason) is missing; it has to be a /,
      remedy: /from a copy of the vault/,
    },
  },
];

describe('an event that cannot be read', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let vault: OpenTestVault;
  before(async () => {
    temporary = await makeTemporaryFolder();
    vault = await openTestVault(await makeTestVault(temporary.path));
    for (const instanceId of [web1, web2, web3]) {
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

  for (const { what, instanceId, ofInstance, ofSession, error } of unreadable) {
    it(`stops what is about its stream, with what to do, and nothing else: ${what}`, async () => {
      const { engine, dependencies } = vault;
      const before = await engine.listSessions();
      const session = before.find((one) => one.instanceId === instanceId);
      assert.ok(session !== undefined);
      await appendUnchecked(dependencies.eventStore, instanceStream(instanceId), ofInstance);
      await appendUnchecked(dependencies.eventStore, sessionStream(session.sessionId), ofSession);

      await assert.rejects(engine.startBackup({ instanceId }), error);
      await assert.rejects(Array.fromAsync(engine.replay(session.sessionId)), error);

      const retagged = [{ instanceId: web2, tags: { env: 'prod' } }];
      assert.deepEqual((await engine.previewPolicies({ retagged })).losses, []);
      assert.equal((await backUp(engine, { instanceId: web2 })).summary.status, 'succeeded');
      const listed = await engine.listSessions();
      assert.deepEqual(
        listed.map((one) => one.instanceId),
        [...before.map((one) => one.instanceId), web2],
      );
      assert.equal((await engine.instanceCounts()).size, 3);
    });
  }
});
