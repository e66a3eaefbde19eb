import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
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

  it('leaves lists of holds with those of all other instances, and names what is left out', async () => {
    const { engine } = vault;
    const { sets } = (await engine.describeItems(web2)).history;
    const item = { kind: 'snapshot-set', id: sets[0]?.id ?? assert.fail('it has no set') } as const;
    const placed = await engine.placeHold(
      { instanceId: web2, item },
      { kind: 'legal-hold', note: 'a case' },
    );
    const { holds, unreadable: leftOut } = await engine.listHolds();
    assert.deepEqual(holds, [placed]);
    assert.deepEqual(
      leftOut.map(({ instanceId, error }) => [instanceId, error.code]),
      [
        [web1, 'UNKNOWN_EVENT'],
        [web3, 'LEDGER_CORRUPT'],
      ],
    );
    const { hold, ...found } = placed;
    assert.equal(hold.kind, 'legal-hold');
    assert.deepEqual(await engine.findHold(placed.holdId), found);
    // Another hold may begin so, of an instance that cannot be read.
    await assert.rejects(engine.findHold(placed.holdId.slice(0, 8)), {
      code: 'UNKNOWN_EVENT',
      message: /may also be a hold of instance 'web-1', which cannot be read/,
      remedy: `Give the whole id: ${placed.holdId}.`,
    });
    // It may be one of those that are not known.
    await assert.rejects(engine.findHold('0000-none'), {
      code: 'UNKNOWN_EVENT',
      message: /^there is no hold '0000-none' in force, unless instance 'web-1' has it, which /,
    });
    await assert.rejects(engine.listHolds({ instanceId: web3 }), { code: 'LEDGER_CORRUPT' });
    assert.deepEqual(await engine.listHolds({ instanceId: web2 }), {
      holds: [placed],
      unreadable: [],
    });
  });

  it('lets no session of its instance begin that could not come to its end, and no other one wait', async () => {
    const { engine, dependencies } = vault;
    const [web4, web5] = ['web-4' as InstanceId, 'web-5' as InstanceId];
    for (const instanceId of [web4, web5]) {
      const imagePath = path.join(temporary.path, `${instanceId}.img`);
      await makeDisk(imagePath, ['x', 'y']);
      await addTestInstance(vault, [imagePath], { level: 'off' }, instanceId);
    }
    const { sessionId } = (await backUp(engine, { instanceId: web4 })).summary;
    const future = { type: 'FromTheFuture', data: emptyMap };
    await appendUnchecked(dependencies.eventStore, sessionStream(sessionId), future);
    assert.deepEqual((await engine.audit.verify()).newerSessions, [], 'all of them had ended');
    assert.deepEqual(await engine.audit.timeline(web5), []);
    assert.ok((await engine.audit.timeline(web2)).length > 0, 'of another instance');
    await assert.rejects(engine.audit.timeline(web4), { code: 'UNKNOWN_EVENT' });
    const both = 'both' as PolicyId;
    const usual = defaultPolicy(both, [web4, web5]);
    const policy = { ...usual, priority: 9, image: { ...usual.image, level: 'off' } } as const;

    const { unreadable: unread } = await engine.previewPolicies({ set: [policy] });
    assert.deepEqual(
      unread.map(({ instanceId, error }) => [instanceId, error.code]),
      [[web4, 'UNKNOWN_EVENT']],
    );
    await engine.setPolicy({ ...policy, retry: { attemptsMax: 1, waitMinutes: 1 } });
    for (let runs = 0; runs < 2; runs += 1) {
      const run = await (await engine.startPolicyRun({ policyId: both })).ended;
      assert.equal(run.status, 'failed');
      assert.match(run.problems.map(({ message }) => message).join(), /1 of 2 .* failed: web-4$/);
      const events = await Array.fromAsync(engine.replay(run.sessionId));
      const ends = events.flatMap(({ event }) =>
        event.type === 'InstanceSessionEnded' ? event.data.problem : [],
      );
      assert.match(ends.map((problem) => problem?.message).join(), /the type 'FromTheFuture'/);
    }
    const ended = await engine.listSessions({ instanceId: web5 });
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['succeeded', 'succeeded'],
    );
    assert.equal((await engine.listSessions({ instanceId: web4 })).length, 1);
    await assert.rejects(engine.startBackup({ instanceId: web4 }), { code: 'UNKNOWN_EVENT' });
  });
});
