import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RunningSession } from '../../src/engine/engine.ts';
import type { SessionEvent } from '../../src/engine/session-event.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { finished } from '../support/vault/back-up.ts';
import { addTestInstance, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';

describe('a running session', () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());

  /** What the ledger has, as the engine would tell it. */
  const ledgerOf = async (
    { engine }: OpenTestVault,
    { sessionId }: RunningSession,
  ): Promise<readonly SessionEvent[]> =>
    Array.fromAsync(engine.replay(sessionId), ({ revision, recordedAt, actor, event }) => ({
      sessionId,
      revision,
      recordedAt,
      actor,
      event,
    }));

  it('tells every follower exactly what the ledger has, whenever it began to follow', async () => {
    await using vault = await openTestVault(await prepared.copy());
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const late = (async () => {
      for await (const { event } of running.events()) if (event.type === 'ReadPlanned') break;
      return Array.fromAsync(running.events());
    })();
    const slow = Array.fromAsync(running.events(), async (event) => {
      await vault.dependencies.clock.sleep(20);
      return event;
    });
    const prompt = await Array.fromAsync(running.events());
    assert.equal((await running.ended).status, 'succeeded');
    const recorded = await ledgerOf(vault, running);
    assert.equal(recorded.at(0)?.event.type, 'SessionStarted');
    assert.equal(recorded.at(-1)?.event.type, 'SessionCompleted');
    assert.deepEqual(prompt, recorded);
    assert.deepEqual(await slow, recorded);
    assert.deepEqual(await late, recorded);
    assert.deepEqual(await Array.fromAsync(running.events()), recorded, 'also after its end');
  });

  it('is left to another engine when its own is closed', async () => {
    const folder = await prepared.copy();
    await setGate(folder, [0]);
    let interrupted: RunningSession;
    {
      await using vault = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
      interrupted = await vault.engine.startBackup({ instanceId: web1 });
      const ended = assert.rejects(interrupted.ended, { code: 'INTERRUPTED', retry: 'retryable' });
      for await (const { event } of interrupted.events()) {
        if (event.type === 'VolumesAttached') break;
      }
      const following = Array.fromAsync(interrupted.events());
      await vault.engine.close();
      await ended;
      assert.equal((await following).at(-1)?.event.type, 'VolumesAttached', 'followers end');
    }
    await setGate(folder, []);
    await using vault = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
    const [open] = (await vault.engine.listSessions()).slice(-1);
    assert.equal(open?.condition, 'interrupted');
    const [resumed] = await vault.engine.resumeInterrupted();
    assert.ok(resumed !== undefined);
    assert.equal(resumed.sessionId, interrupted.sessionId);
    const { summary } = await finished(resumed);
    assert.equal(summary.status, 'succeeded');
    assert.ok(summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, summary.pointId), [prepared.diskDigest]);
    assert.deepEqual(await Array.fromAsync(resumed.events()), await ledgerOf(vault, resumed));
    await assertNothingLeft(vault);
  });

  it('that could not go on is gone on with by the same engine', async () => {
    let ledgerIsAway = false;
    const failing = (inner: EventStore): EventStore =>
      createHookedEventStore(inner, {
        beforeAppend: ({ events }) => {
          if (events.some(({ type }) => type === 'SnapshotTaken')) ledgerIsAway = !ledgerIsAway;
          if (!ledgerIsAway) return;
          throw new SnapledgerError('LEDGER_UNAVAILABLE', 'the ledger is away');
        },
      });
    await using vault = await openTestVault(await prepared.copy(), {
      decorate: ({ eventStore }) => ({ eventStore: failing(eventStore) }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    await assert.rejects(running.ended, { code: 'LEDGER_UNAVAILABLE' });

    const [resumed, ...others] = await vault.engine.resumeInterrupted();
    assert.equal(resumed?.sessionId, running.sessionId);
    assert.deepEqual(others, []);
    assert.equal((await resumed.ended).status, 'succeeded');
    await assertNothingLeft(vault);
  });

  it('that cannot be taken over stops no other, and can be taken over later', async () => {
    const folder = await prepared.copy();
    const db1 = 'db-1' as InstanceId;
    const begun: RunningSession[] = [];
    {
      await using vault = await openTestVault(folder, {
        decorate: ({ eventStore }) => ({
          eventStore: createHookedEventStore(eventStore, {
            beforeAppend: ({ events }) => {
              if (!events.some(({ type }) => type === 'SnapshotTaken')) return;
              throw new SnapledgerError('LEDGER_UNAVAILABLE', 'the ledger is away');
            },
          }),
        }),
      });
      await addTestInstance(vault, [prepared.diskPath], {}, db1);
      for (const instanceId of [web1, db1]) {
        const running = await vault.engine.startBackup({ instanceId });
        await assert.rejects(running.ended, { code: 'LEDGER_UNAVAILABLE' });
        begun.push(running);
      }
    }
    let looks = 0;
    await using vault = await openTestVault(folder, {
      decorate: ({ presence }) => ({
        presence: {
          announce: (engineId) => presence.announce(engineId),
          leave: (engineId) => presence.leave(engineId),
          isPresent: (engineId) => {
            looks += 1;
            if (looks > 1) return presence.isPresent(engineId);
            return Promise.reject(new SnapledgerError('PRESENCE_UNAVAILABLE', 'nobody knows'));
          },
        },
      }),
    });
    const [failed, other] = await vault.engine.resumeInterrupted();
    assert.deepEqual(
      [failed?.sessionId, other?.sessionId],
      [begun[0]?.sessionId, begun[1]?.sessionId],
    );
    await assert.rejects(failed?.ended ?? Promise.resolve(), { code: 'PRESENCE_UNAVAILABLE' });
    assert.equal((await other?.ended)?.status, 'succeeded');

    const [again, ...none] = await vault.engine.resumeInterrupted();
    assert.equal(again?.sessionId, begun[0]?.sessionId);
    assert.deepEqual(none, []);
    assert.equal((await again?.ended)?.status, 'succeeded');
    await assertNothingLeft(vault);
  });

  it('that could not be begun leaves its instance free once it is resumed', async () => {
    let isAway = true;
    await using vault = await openTestVault(await prepared.copy(), {
      decorate: ({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          beforeAppend: ({ events }) => {
            if (!isAway || !events.some(({ type }) => type === 'SessionStarted')) return;
            throw new SnapledgerError('LEDGER_UNAVAILABLE', 'the ledger is away');
          },
        }),
      }),
    });
    await assert.rejects(vault.engine.startBackup({ instanceId: web1 }), {
      code: 'LEDGER_UNAVAILABLE',
    });
    isAway = false;
    assert.deepEqual(await vault.engine.resumeInterrupted(), []);
    const again = await vault.engine.startBackup({ instanceId: web1 });
    assert.equal((await again.ended).status, 'succeeded');
    await assertNothingLeft(vault);
  });
});
