import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../src/domain/identifiers.ts';
import { SnapshotWaiter } from '../../src/engine/backup/snapshot-waiter.ts';
import { localEngineLimits } from '../../src/engine/engine-limits.ts';
import type { SnapshotDescription, SnapshotState } from '../../src/ports/cloud/snapshots.ts';
import { createVirtualClock, settled, type VirtualClock } from '../support/clock/virtual-clock.ts';
import { atHour, sampleIds } from '../support/domain/sample-ids.ts';
import { constantRandom } from '../support/random/constant-random.ts';

const limits = {
  ...localEngineLimits,
  retry: { attemptsMax: 3, firstDelayMs: 10, delayMaxMs: 20 },
  snapshotPollMs: 1_000,
  snapshotTimeoutMs: 60_000,
  snapshotBatchMax: 4,
  snapshotMissesMax: 3,
};

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(sampleIds.snapshot) as [
  SnapshotId,
  SnapshotId,
  SnapshotId,
  SnapshotId,
  SnapshotId,
];
const never = new AbortController().signal;

interface WaiterRig {
  readonly waiter: SnapshotWaiter;
  readonly clock: VirtualClock;
  /** What the cloud says of each snapshot; one that is not here is not found. */
  readonly states: Map<SnapshotId, SnapshotState>;
  /** The ids of each call. */
  readonly calls: (readonly SnapshotId[])[];
  /** Thrown by the next calls, in order. */
  readonly errors: Error[];
}

function rig(): WaiterRig {
  const clock = createVirtualClock();
  const states = new Map<SnapshotId, SnapshotState>();
  const calls: (readonly SnapshotId[])[] = [];
  const errors: Error[] = [];
  const describeSnapshots = (
    ids: readonly SnapshotId[],
  ): Promise<readonly SnapshotDescription[]> => {
    calls.push(ids);
    const error = errors.shift();
    if (error !== undefined) return Promise.reject(error);
    return Promise.resolve(
      ids.flatMap((snapshotId) => {
        const state = states.get(snapshotId);
        return state === undefined ? [] : [description(snapshotId, state)];
      }),
    );
  };
  const waiter = new SnapshotWaiter(describeSnapshots, {
    clock,
    random: constantRandom(255),
    limits,
  });
  return { waiter, clock, states, calls, errors };
}

function description(snapshotId: SnapshotId, state: SnapshotState): SnapshotDescription {
  return {
    snapshotId,
    setId: sampleIds.set('now'),
    requestId: 'request-1',
    owner: { sessionId: sampleIds.session('now'), instanceId: sampleIds.instance('web-1') },
    volumeId: sampleIds.volume('root'),
    device: sampleIds.device('xvda'),
    sizeBytes: 524_288,
    startedAt: atHour(7),
    state,
    stateMessage: state === 'error' ? 'the volume was deleted' : '',
  };
}

/** How a promise stands now, without waiting for it. */
async function standing(promise: Promise<void>): Promise<string> {
  await settled();
  const pending = Symbol('pending');
  try {
    const result = await Promise.race([promise, Promise.resolve(pending)]);
    return result === pending ? 'pending' : 'resolved';
  } catch (error) {
    return error instanceof SnapledgerError ? error.code : String(error);
  }
}

describe('waiting for snapshots', () => {
  it('ends when all of them are completed', async () => {
    const { waiter, clock, states } = rig();
    states.set(a, 'completed').set(b, 'pending');
    const waiting = waiter.completed([a, b], never);
    await clock.advance(10_000);
    assert.equal(await standing(waiting), 'pending');
    states.set(b, 'completed');
    await clock.advance(1_000);
    assert.equal(await standing(waiting), 'resolved');
  });

  it('ends at the first look when they are completed already, and then rests', async () => {
    const { waiter, clock, states, calls } = rig();
    states.set(a, 'completed');
    await waiter.completed([a], never);
    await settled();
    assert.equal(calls.length, 1);
    assert.equal(clock.sleeperCount, 0);
    await waiter.completed([a], never);
    assert.equal(calls.length, 2);
  });

  it('asks for the snapshots of many sessions in one call, each once', async () => {
    const { waiter, clock, states, calls } = rig();
    states.set(a, 'pending').set(b, 'pending').set(c, 'pending');
    const sessions = [[a], [a, b], [c]].map((ids) => waiter.completed(ids, never));
    await clock.advance(1_000);
    assert.deepEqual(calls.at(-1), [a, b, c]);
    const before = calls.length;
    await clock.advance(5_000);
    assert.equal(calls.length, before + 5, 'one call for each look');
    states.set(a, 'completed').set(b, 'completed').set(c, 'completed');
    await clock.advance(1_000);
    await Promise.all(sessions);
    assert.equal(clock.sleeperCount, 0);
  });

  it('asks in batches no larger than the limit', async () => {
    const { waiter, states, calls } = rig();
    for (const id of [a, b, c, d, e]) states.set(id, 'completed');
    await waiter.completed([a, b, c, d, e], never);
    assert.deepEqual(calls, [[a, b, c, d], [e]]);
  });

  it('fails the session whose snapshot failed, with the reason, and no other', async () => {
    const { waiter, clock, states } = rig();
    states.set(a, 'pending').set(b, 'pending');
    const failing = waiter.completed([a], never);
    const other = waiter.completed([b], never);
    await settled();
    states.set(a, 'error');
    const refused = assert.rejects(failing, (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.equal(error.code, 'SNAPSHOT_FAILED');
      assert.match(error.message, /snap-a failed: the volume was deleted/);
      return true;
    });
    await clock.advance(1_000);
    await refused;
    assert.equal(await standing(other), 'pending');
  });

  it('bears that a new snapshot is not found at first', async () => {
    const { waiter, clock, states } = rig();
    const waiting = waiter.completed([a], never);
    await clock.advance(1_000);
    states.set(a, 'completed');
    await clock.advance(1_000);
    assert.equal(await standing(waiting), 'resolved');
  });

  it('takes a snapshot for gone that is not found time and again', async () => {
    const { waiter, clock, states, calls } = rig();
    states.set(a, 'pending');
    const waiting = waiter.completed([a, b], never);
    const refused = assert.rejects(waiting, { code: 'SNAPSHOT_NOT_FOUND' });
    await clock.advance(10_000);
    await refused;
    assert.equal(calls.length, limits.snapshotMissesMax);
  });

  it('does not count misses that lie far apart', async () => {
    const { waiter, clock, states } = rig();
    const waiting = waiter.completed([a], never);
    waiting.catch(() => undefined);
    for (let look = 0; look < 10; look += 1) {
      if (look % 2 === 0) states.set(a, 'pending');
      else states.delete(a);
      await clock.advance(1_000);
    }
    states.set(a, 'completed');
    await clock.advance(1_000);
    assert.equal(await standing(waiting), 'resolved');
  });

  it('ends when the time is over, for those whose time it is', async () => {
    const { waiter, clock, states } = rig();
    states.set(a, 'pending').set(b, 'pending');
    const early = waiter.completed([a], never);
    await clock.advance(30_000);
    const late = waiter.completed([b], never);
    const refused = assert.rejects(early, { code: 'TIMED_OUT' });
    await clock.advance(30_000);
    await refused;
    assert.equal(await standing(late), 'pending');
  });

  it('takes what is completed at the last moment for completed', async () => {
    const { waiter, clock, states } = rig();
    states.set(a, 'pending');
    const waiting = waiter.completed([a], never);
    await clock.advance(limits.snapshotTimeoutMs - 1);
    states.set(a, 'completed');
    await clock.advance(1);
    assert.equal(await standing(waiting), 'resolved');
  });

  it('ends at once when the session is cancelled, and asks no more', async () => {
    const { waiter, clock, states, calls } = rig();
    states.set(a, 'pending');
    const controller = new AbortController();
    const waiting = waiter.completed([a], controller.signal);
    await settled();
    const reason = new Error('cancelled');
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    const before = calls.length;
    await clock.advance(10_000);
    assert.equal(calls.length, before);
    assert.equal(clock.sleeperCount, 0);
  });

  it('does not begin for a session that is cancelled already', async () => {
    const { waiter, calls } = rig();
    const reason = new Error('cancelled');
    const begin = async (): Promise<void> => waiter.completed([a], AbortSignal.abort(reason));
    await assert.rejects(begin, reason);
    assert.deepEqual(calls, []);
  });

  it('asks again when the cloud cannot answer now', async () => {
    const { waiter, clock, states, errors } = rig();
    states.set(a, 'completed');
    errors.push(unavailable(), unavailable());
    const waiting = waiter.completed([a], never);
    await clock.advance(100);
    assert.equal(await standing(waiting), 'resolved');
  });

  it('fails all that wait when the cloud cannot answer at all, and can begin anew', async () => {
    const { waiter, clock, states, errors } = rig();
    states.set(a, 'pending').set(b, 'pending');
    const waiting = [a, b].map((id) => waiter.completed([id], never));
    await settled();
    errors.push(unavailable(), unavailable(), unavailable());
    const refused = waiting.map((one) => assert.rejects(one, { code: 'STORE_UNAVAILABLE' }));
    await clock.advance(1_100);
    await Promise.all(refused);
    await settled();
    states.set(a, 'completed');
    await waiter.completed([a], never);
  });
});

function unavailable(): SnapledgerError {
  return new SnapledgerError('STORE_UNAVAILABLE', 'throttled', { retry: 'retryable' });
}
