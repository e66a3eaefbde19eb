import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId } from '../../src/domain/identifiers.ts';
import type { InstanceEvent } from '../../src/domain/instance/instance-events.ts';
import { known } from '../../src/domain/sensitive/sensitive.ts';
import { instanceCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { eventSchema } from '../../src/engine/ledger/event-schema.ts';
import { Ledger } from '../../src/engine/ledger/ledger.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import { tagsSeenV1 } from '../../src/engine/ledger/schemas/old-shapes.ts';
import { instanceStream } from '../../src/engine/ledger/stream-names.ts';
import { sensitiveKeyKey } from '../../src/engine/transparency-log/log-objects.ts';
import type { EventStore, Revision, StreamName } from '../../src/ports/event-store.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { recoverVault } from '../../src/vault/recover-vault.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { createMemoryImageTarget } from '../support/simulation/memory-image-target.ts';
import { backUp, finished, recorded } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import {
  openTestVault,
  type OpenTestVault,
  testPassphrase,
} from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';

const owner = 'Adelheid-Unverwechselbar';
const keyOfWeb1 = sensitiveKeyKey(instanceStream(web1));

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
}

/** The files of a folder in which a text stands as it is. */
async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of await filesIn(folder)) {
    if ((await readFile(file)).includes(text)) found.push(path.relative(folder, file));
  }
  return found;
}

async function noteOf({ engine }: OpenTestVault): Promise<unknown> {
  const [placed] = (await engine.listHolds()).holds;
  return placed?.hold.kind === 'legal-hold' ? placed.hold.note : null;
}

/** Of the hold on the point, whoever can read its note. */
async function holdIdOf({ dependencies }: OpenTestVault): Promise<string> {
  for await (const record of dependencies.eventStore.readStream(instanceStream(web1))) {
    if (record.type !== 'HoldPlaced') continue;
    const event = decodeEvent<InstanceEvent>(record, instanceCatalogue);
    if (event.type === 'HoldPlaced') return event.data.holdId;
  }
  return assert.fail('no hold was placed');
}

async function kindsFound({ engine }: OpenTestVault): Promise<readonly string[]> {
  return (await engine.audit.verify()).findings.map(({ kind }) => kind);
}

/** Where a stream ends, whoever can read it. */
async function endOf(
  eventStore: EventStore,
  stream: StreamName,
): Promise<{ readonly revision: Revision; readonly lastHash: string }> {
  const last = (await Array.fromAsync(eventStore.readStream(stream))).at(-1);
  assert.ok(last !== undefined);
  return { revision: last.revision, lastHash: recordHash(stream, last.revision, last) };
}

describe('an instance that is forgotten', { timeout: 240_000 }, () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault({ policy: { transport: 'direct' } });
  });
  after(async () => {
    await prepared[Symbol.asyncDispose]();
  });

  /** A vault whose record names a person: in a tag, in the configuration, and in the note of a hold. */
  async function aboutSomebody(): Promise<string> {
    const folder = await prepared.copy();
    await using vault = await openTestVault(folder);
    await vault.cloud.tagInstance(web1, { owner });
    const { summary } = await backUp(vault.engine);
    assert.equal(summary.status, 'succeeded');
    const [point] = await Array.fromAsync(vault.engine.listPoints());
    assert.ok(point !== undefined);
    const item = { kind: 'restore-point', id: point.pointId } as const;
    await vault.engine.placeHold({ instanceId: web1, item }, { kind: 'legal-hold', note: owner });
    return folder;
  }

  it('is nowhere in clear in the record before, and can be read by whoever has the vault', async () => {
    const folder = await aboutSomebody();
    assert.deepEqual(
      (await filesWith(folder, owner)).filter((file) => !file.startsWith('cloud')),
      [],
    );
    await using vault = await openTestVault(folder, { passphrase: 'not needed for this' });
    assert.deepEqual(await noteOf(vault), known(owner));
  });

  it('cannot be read any more, while the record stays whole and provable', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const before = await engine.audit.verify();
    const plan = await engine.planForgetting(web1);
    assert.equal(plan.key, 'there');
    assert.equal(plan.eventsInClear, 0);
    // Tags twice, the configuration twice, one note.
    assert.equal(plan.sealedEvents, 5);

    const done = await engine.forgetInstance({ instanceId: web1 });

    assert.equal(done.seal.kind, 'sealed');
    assert.deepEqual(await noteOf(vault), { kind: 'forgotten' });
    const replayed = [];
    for (const { sessionId } of await engine.listSessions()) {
      for await (const { event } of engine.replay(sessionId)) {
        if (event.type === 'InstanceInspected') replayed.push(event.data.configuration);
      }
    }
    assert.deepEqual(replayed, [{ kind: 'forgotten' }, { kind: 'forgotten' }]);
    assert.equal(await vault.dependencies.objectStore.head(keyOfWeb1), null);
    const proof = await engine.audit.verify();
    assert.deepEqual(proof.findings, []);
    // The rest of the instance's stream, and that it was forgotten.
    assert.ok(proof.size > before.size);
    const after = await engine.planForgetting(web1);
    assert.deepEqual([after.key, after.forgottenAt], ['gone', done.forgottenAt]);
  });

  it('is not backed up any more, while its points are restored, held, maintained and removed', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    await engine.forgetInstance({ instanceId: web1 });
    await assert.rejects(engine.startBackup({ instanceId: web1 }), {
      code: 'INSTANCE_FORGOTTEN',
      message: /'web-1' was forgotten/,
    });
    const points = await Array.fromAsync(engine.listPoints());
    const [before, after] = points.toSorted((a, b) => a.takenAt - b.takenAt);
    assert.ok(before !== undefined && after !== undefined);
    assert.deepEqual(await restoredDigests(vault, before.pointId), [prepared.oldDigest]);
    assert.deepEqual(await restoredDigests(vault, after.pointId), [prepared.diskDigest]);
    const kept = await finished(await engine.startMaintenance({ instanceId: web1 }));
    assert.equal(kept.summary.status, 'succeeded');
    const [hold] = (await engine.listHolds()).holds;
    assert.ok(hold !== undefined);
    await engine.releaseHold(web1, hold.holdId);
    const { sealedEvents } = await engine.planForgetting(web1);
    // Those of before, and where the volume was restored to, twice: its tags are not recorded again.
    assert.equal(sealedEvents, 7);
    assert.deepEqual((await engine.audit.verify()).findings, []);
  });

  it('is forgotten again with the key that was made since, and the record says so', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const { eventStore } = vault.dependencies;
    await engine.forgetInstance({ instanceId: web1 });
    const [point] = await Array.fromAsync(engine.listPoints());
    assert.ok(point !== undefined);
    await restoredDigests(vault, point.pointId);
    assert.equal((await engine.planForgetting(web1)).key, 'there');
    assert.deepEqual(await kindsFound(vault), []);
    const stream = instanceStream(web1);
    const forgettings = async (): Promise<number> =>
      (await Array.fromAsync(eventStore.readStream(stream))).filter(
        ({ type }) => type === 'InstanceForgotten',
      ).length;
    assert.equal(await forgettings(), 1);

    await engine.forgetInstance({ instanceId: web1 });
    await engine.forgetInstance({ instanceId: web1 });

    assert.equal(await forgettings(), 2);
    assert.equal((await engine.planForgetting(web1)).key, 'gone');
    assert.deepEqual(await kindsFound(vault), []);
  });

  it('is forgotten again with a key that was made since and is damaged, and the record says so', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    await engine.forgetInstance({ instanceId: web1 });
    const [point] = await Array.fromAsync(engine.listPoints());
    assert.ok(point !== undefined);
    await restoredDigests(vault, point.pointId);
    const file = path.join(folder, 'repository', ...keyOfWeb1.split('/'));
    await writeFile(file, Buffer.from(await readFile(file)).reverse());

    await engine.forgetInstance({ instanceId: web1 });

    assert.equal((await engine.planForgetting(web1)).key, 'gone');
    assert.deepEqual(await kindsFound(vault), []);
  });

  describe('while other programs forget it as well, and note something about it', () => {
    /** Those programs do so each time that the key is about to be destroyed, at most so often. */
    async function forgetWhileNoted(notesMax: number): Promise<{
      readonly vault: OpenTestVault;
      readonly other: OpenTestVault;
      readonly forget: () => Promise<unknown>;
      readonly notes: () => number;
    }> {
      const folder = await aboutSomebody();
      const other = await openTestVault(folder);
      const [point] = await Array.fromAsync(other.engine.listPoints());
      assert.ok(point !== undefined);
      const item = { kind: 'restore-point', id: point.pointId } as const;
      let notes = Infinity;
      const noting = (inner: ObjectStore): ObjectStore =>
        createHookedObjectStore(inner, {
          before: async ({ method, key }) => {
            const { headerKey } = other.dependencies.format;
            if (method !== 'head' || key !== headerKey || notes >= notesMax) return;
            notes += 1;
            await inner.delete(keyOfWeb1);
            const hold = { kind: 'legal-hold', note: `note ${notes}` } as const;
            await other.engine.placeHold({ instanceId: web1, item }, hold);
          },
        });
      const vault = await openTestVault(folder, { objectStore: noting });
      const forget = (): Promise<unknown> => {
        notes = 0;
        return vault.engine.forgetInstance({ instanceId: web1 });
      };
      return { vault, other, forget, notes: () => notes };
    }

    it('destroys no key that it has not told of', async () => {
      const { vault, other, forget, notes } = await forgetWhileNoted(1);
      await using stack = new AsyncDisposableStack();
      stack.use(other);
      stack.use(vault);

      await forget();

      assert.equal(notes(), 1);
      assert.equal((await vault.engine.planForgetting(web1)).key, 'gone');
      assert.deepEqual(await kindsFound(vault), []);
    });

    it('gives up after some times, and leaves the key that there is then', async () => {
      const { vault, other, forget, notes } = await forgetWhileNoted(9);
      await using stack = new AsyncDisposableStack();
      stack.use(other);
      stack.use(vault);

      await assert.rejects(forget(), {
        code: 'INSTANCE_BUSY',
        retry: 'retryable',
        message: /while instance 'web-1' was forgotten .* again and again/,
      });

      assert.equal(notes(), 3);
      assert.equal((await other.engine.planForgetting(web1)).key, 'there');
      assert.deepEqual(await kindsFound(other), []);
    });
  });

  it('does not excuse that a key is gone which was made since', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    await engine.forgetInstance({ instanceId: web1 });
    const [point] = await Array.fromAsync(engine.listPoints());
    assert.ok(point !== undefined);
    await restoredDigests(vault, point.pointId);
    await vault.dependencies.objectStore.delete(keyOfWeb1);
    assert.deepEqual(await kindsFound(vault), ['sensitive-key-missing']);
  });

  it('is forgotten by the second attempt when the first one died before the key was destroyed', async () => {
    const folder = await aboutSomebody();
    {
      const dying = (inner: ObjectStore): ObjectStore =>
        createHookedObjectStore(inner, {
          before: ({ method, key }) => {
            if (method !== 'delete' || key !== keyOfWeb1) return Promise.resolve();
            return Promise.reject(new SnapledgerError('STORE_ACCESS_DENIED', 'the power is out'));
          },
        });
      await using vault = await openTestVault(folder, { objectStore: dying });
      await assert.rejects(vault.engine.forgetInstance({ instanceId: web1 }), /the power is out/);
    }
    // What a recovery finds then is the same: that it is forgotten was sealed before the key went.
    const recovered = path.join(prepared.temporaryFolder, 'half-forgotten');
    const repository = path.join(folder, 'repository');
    await recoverVault({ repository, folder: recovered, passphrase: testPassphrase });
    {
      await using vault = await openTestVault(recovered);
      assert.notEqual((await vault.engine.planForgetting(web1)).forgottenAt, null);
      assert.deepEqual(await kindsFound(vault), ['sensitive-key-left']);
    }
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    assert.deepEqual(await noteOf(vault), known(owner));
    assert.deepEqual(await kindsFound(vault), ['sensitive-key-left']);
    const { forgottenAt } = await engine.planForgetting(web1);
    assert.ok(forgottenAt !== null);

    const done = await engine.forgetInstance({ instanceId: web1 });

    assert.equal(done.forgottenAt, forgottenAt);
    assert.deepEqual(await noteOf(vault), { kind: 'forgotten' });
    assert.deepEqual(await kindsFound(vault), []);
    await engine.forgetInstance({ instanceId: web1 });
  });

  it('keeps its key while it cannot be sealed that it is forgotten', async () => {
    const folder = await aboutSomebody();
    {
      const unsealable = (inner: ObjectStore): ObjectStore =>
        createHookedObjectStore(inner, {
          before: ({ method, key }) => {
            if (method !== 'create' || !key.startsWith('ledger/')) return Promise.resolve();
            return Promise.reject(new SnapledgerError('STORE_ACCESS_DENIED', 'only to be read'));
          },
        });
      await using vault = await openTestVault(folder, { objectStore: unsealable });
      await assert.rejects(vault.engine.forgetInstance({ instanceId: web1 }), {
        code: 'FORGETTING_NOT_SEALED',
        message: /'web-1' .* its key is still there: only to be read/,
      });
      assert.notEqual(await vault.dependencies.objectStore.head(keyOfWeb1), null);
    }
    await using vault = await openTestVault(folder);
    assert.deepEqual(await noteOf(vault), known(owner));
    const done = await vault.engine.forgetInstance({ instanceId: web1 });
    assert.equal(done.seal.kind, 'sealed');
    assert.deepEqual(await noteOf(vault), { kind: 'forgotten' });
    assert.deepEqual(await kindsFound(vault), []);
  });

  it('is not taken for forgotten because its repository is away', async () => {
    const folder = await aboutSomebody();
    const [place, away] = [path.join(folder, 'repository'), path.join(folder, 'away')];
    await rename(place, away);
    await mkdir(place);
    {
      await using vault = await openTestVault(folder);
      const notThere = { code: 'NOT_A_REPOSITORY' };
      await assert.rejects(vault.engine.listHolds(), notThere);
      await assert.rejects(vault.engine.planForgetting(web1), notThere);
      await assert.rejects(vault.engine.forgetInstance({ instanceId: web1 }), notThere);
      await assert.rejects(vault.engine.startBackup({ instanceId: web1 }), notThere);
      assert.deepEqual(await filesIn(place), []);
      // What shows nothing sensitive is a matter of the ledger alone.
      assert.equal((await vault.engine.describeItems(web1)).history.points.length, 2);
      const retagged = [{ instanceId: web1, tags: {} }];
      assert.deepEqual((await vault.engine.previewPolicies({ retagged })).unreadable, []);
      // And it is back, while the vault is open.
      await rm(place, { recursive: true });
      await rename(away, place);
      assert.deepEqual(await noteOf(vault), known(owner));
    }
  });

  it('can be forgotten, listed, and have its holds released while its key is damaged', async () => {
    const folder = await aboutSomebody();
    const file = path.join(folder, 'repository', ...keyOfWeb1.split('/'));
    await writeFile(file, Buffer.from(await readFile(file)).reverse());
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const damaged = {
      code: 'SENSITIVE_KEY_DAMAGED',
      message: /the key of the sensitive fields of 'instance-web-1' is not what was stored/,
    };
    await assert.rejects(engine.listHolds({ instanceId: web1 }), damaged);
    const { holds, unreadable } = await engine.listHolds();
    assert.deepEqual(holds, []);
    assert.deepEqual(
      unreadable.map(({ instanceId, error }) => [instanceId, error.code]),
      [[web1, 'SENSITIVE_KEY_DAMAGED']],
    );
    assert.equal((await engine.describeItems(web1)).history.points.length, 2);
    const preview = await engine.previewPolicies({ retagged: [{ instanceId: web1, tags: {} }] });
    assert.deepEqual(preview.unreadable, []);
    const hold = await engine.findHold(await holdIdOf(vault));
    await engine.releaseHold(hold.instanceId, hold.holdId);

    const done = await engine.forgetInstance({ instanceId: web1 });
    assert.equal(done.key, 'gone');
    assert.deepEqual(await kindsFound(vault), []);
    assert.deepEqual(await engine.listHolds(), { holds: [], unreadable: [] });
  });

  it('is not forgotten while a session of it is open', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const running = await vault.engine.startBackup({ instanceId: web1 });
    await assert.rejects(vault.engine.forgetInstance({ instanceId: web1 }), {
      code: 'INSTANCE_BUSY',
    });
    assert.equal((await running.ended).status, 'succeeded');
    assert.deepEqual(await noteOf(vault), known(owner));
  });

  it('is recovered from the repository alone as what it is then: forgotten, and every record proven', async () => {
    const folder = await aboutSomebody();
    let records = 0;
    {
      await using vault = await openTestVault(folder);
      await vault.engine.forgetInstance({ instanceId: web1 });
      records = (await Array.fromAsync(vault.dependencies.eventStore.readAll())).length;
    }
    const repository = path.join(prepared.temporaryFolder, 'forgotten-bucket');
    await rename(path.join(folder, 'repository'), repository);
    await rm(folder, { recursive: true });
    const empty = path.join(prepared.temporaryFolder, 'forgotten-recovered');
    const recovery = await recoverVault({ repository, folder: empty, passphrase: testPassphrase });
    assert.equal(recovery.records, records);
    await using vault = await openTestVault(empty);
    assert.deepEqual(await noteOf(vault), { kind: 'forgotten' });
    assert.deepEqual(await kindsFound(vault), []);
    const items = await vault.engine.describeItems(web1);
    assert.equal(items.history.points.length, 2);
    await assert.rejects(vault.engine.forgetInstance({ instanceId: 'web-2' as InstanceId }), {
      code: 'UNKNOWN_INSTANCE',
    });
  });

  it('says so when an earlier version has recorded some of it in clear, and needs to be told', async () => {
    const folder = await aboutSomebody();
    await using vault = await openTestVault(folder);
    const { engine, dependencies } = vault;
    const ledger = new Ledger({
      ...dependencies,
      engineId: 'earlier' as EngineId,
      engineVersion: '0.0.1',
      retryPolicy: dependencies.limits.retry,
    });
    const earlier = {
      catalogue: { TagsSeen: eventSchema(tagsSeenV1) },
      initial: null,
      evolve: () => null,
    };
    const stream = instanceStream(web1);
    const { revision, lastHash } = await endOf(dependencies.eventStore, stream);
    const event = { type: 'TagsSeen', data: { tags: [{ key: 'owner', value: owner }] } } as const;
    await ledger.append({ stream, revision, lastHash, state: null }, [event], 'Test', earlier);

    assert.equal((await engine.planForgetting(web1)).eventsInClear, 1);
    await assert.rejects(engine.forgetInstance({ instanceId: web1 }), {
      code: 'EVENTS_IN_CLEAR',
      message: /1 event about instance 'web-1' was recorded in clear/,
    });
    assert.deepEqual(await noteOf(vault), known(owner));
    await engine.forgetInstance({ instanceId: web1, eventsInClear: 'leave' });
    assert.deepEqual(await noteOf(vault), { kind: 'forgotten' });
  });
});

describe('the key of sensitive fields', { timeout: 240_000 }, () => {
  it('that somebody removed or changed is named by the audit, for nobody has forgotten the instance', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    const file = path.join(folder, 'repository', ...keyOfWeb1.split('/'));
    const key = await readFile(file);
    await rm(file);
    {
      await using vault = await openTestVault(folder);
      assert.deepEqual(await kindsFound(vault), ['sensitive-key-missing']);
    }
    await writeFile(file, Buffer.from(key).reverse());
    await using vault = await openTestVault(folder);
    assert.deepEqual(await kindsFound(vault), ['sensitive-key-missing']);
  });

  it('is not needed to restore: a place that cannot be sealed is left out of the record', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    // As in a vault that an earlier version made.
    await rm(path.join(folder, 'repository', ...keyOfWeb1.split('/')));
    const readOnly = (inner: ObjectStore): ObjectStore =>
      createHookedObjectStore(inner, {
        before: ({ method }) =>
          method === 'create'
            ? Promise.reject(new SnapledgerError('STORE_ACCESS_DENIED', 'only to be read'))
            : Promise.resolve(),
      });
    await using vault = await openTestVault(folder, { objectStore: readOnly });
    const [point] = await Array.fromAsync(vault.engine.listPoints());
    assert.ok(point !== undefined);
    const target = createMemoryImageTarget();
    const { pointId } = point;
    const restore = await finished(await vault.engine.startRestore({ pointId, target }));
    assert.equal(restore.summary.status, 'succeeded');
    assert.deepEqual(
      recorded(restore, 'VolumeRestored').map(({ location }) => location),
      [null],
    );
  });
});
