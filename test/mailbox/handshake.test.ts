import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { SessionId } from '../../src/domain/identifiers.ts';
import type { WorkerFailure } from '../../src/mailbox/worker-outcome.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';
import { createFaultyObjectStore } from './faulty-object-store.ts';
import {
  createMailboxPair,
  keysOf,
  neverAborts,
  sampleAddress,
  sampleJob,
  secretOf,
} from './mailbox-pair.ts';

const prefix = `control/${sampleAddress.sessionId}/a0001/`;

describe('a mailbox between engine and worker', () => {
  it('takes a job to the worker and the outcome back', async () => {
    const { engine, worker } = createMailboxPair();
    const [engineSide, workerSide] = [engine(), worker()];
    const waiting = engineSide.awaitHello(neverAborts(), 10_000);
    await workerSide.sayHello();
    await waiting;
    await engineSide.postJob(sampleJob);
    const job = await workerSide.awaitJob(neverAborts(), 10_000);
    assert.deepEqual({ ...job, grant: Buffer.from(job.grant) }, sampleJob);

    assert.equal(await engineSide.readDone(), null);
    assert.equal(await workerSide.postDone({ outcome: 'succeeded' }), 'open');
    assert.deepEqual(await engineSide.readDone(), { outcome: 'succeeded' });
  });

  it('keeps its objects below control/<session>/a<attempt>/', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await engine().postJob(sampleJob);
    await workerSide.beat();
    await workerSide.postDone({ outcome: 'succeeded' });
    const names = ['beat-00000001', 'done', 'hello', 'job'];
    assert.deepEqual(
      await keysOf(objectStore),
      names.map((name) => prefix + name),
    );
  });

  it('lets another engine go on where the first one died', async () => {
    const { engine, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await engine().postJob(sampleJob);
    await engine().postJob({ ...sampleJob, compression: 'small' });
    const job = await workerSide.awaitJob(neverAborts(), 1_000);
    assert.equal(job.compression, 'balanced', 'the first job counts');

    const failure: WorkerFailure = {
      outcome: 'failed',
      code: 'DISK_UNREADABLE',
      message: 'bad sector',
      remedy: 'Replace the disk.',
      retry: 'permanent',
    };
    await workerSide.postDone(failure);
    assert.deepEqual(await engine().readDone(), failure);
  });

  it('shows the latest beat and keeps no others', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const [engineSide, workerSide] = [engine(), worker()];
    await workerSide.sayHello();
    assert.equal(await engineSide.latestBeat(), null);
    for (let beat = 1; beat <= 12; beat += 1) {
      assert.equal(await workerSide.beat(), 'open');
      assert.equal(await engineSide.latestBeat(), beat);
    }
    assert.deepEqual(await keysOf(objectStore, `${prefix}beat-`), [`${prefix}beat-00000012`]);
  });

  it('when cleared, loses its own objects and no others', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const others = [
      `control/${sampleAddress.sessionId}/a0002/hello`,
      `control/${sampleAddress.sessionId}/a00010`,
      `control/${sampleAddress.sessionId}/plan-x/00000000`,
    ].sort();
    for (const key of others) await objectStore.create(key as ObjectKey, Buffer.from('x'));
    const workerSide = worker();
    await workerSide.sayHello();
    await workerSide.beat();
    await engine().clear();
    await engine().clear();
    assert.deepEqual(await keysOf(objectStore), others);
  });

  it('when cleared, loses its hello first, by which a worker sees that it is closed', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const deleted: string[] = [];
    const watched = createFaultyObjectStore(objectStore, (call, key) => {
      if (call === 'delete') deleted.push(key);
      return 'none';
    });
    const workerSide = worker();
    await workerSide.sayHello();
    await workerSide.beat();
    await engine({ objectStore: watched }).clear();
    assert.deepEqual(deleted, [`${prefix}hello`, `${prefix}beat-00000001`]);
  });

  it('when cleared, tells the worker, which leaves nothing behind', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await workerSide.beat();
    await engine().clear();
    assert.equal(await workerSide.beat(), 'closed');
    assert.equal(await workerSide.postDone({ outcome: 'succeeded' }), 'closed');
    assert.deepEqual(await keysOf(objectStore), []);
  });

  it('is as before when a worker withdraws', async () => {
    const { objectStore, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await workerSide.beat();
    await workerSide.beat();
    await workerSide.withdraw();
    assert.deepEqual(await keysOf(objectStore), []);
  });
});

describe('a hello', () => {
  const impostors = {
    'with a wrong secret': { workerSecret: new Uint8Array(32) },
    'with the secret of another attempt': {
      workerSecret: secretOf({ ...sampleAddress, attempt: 2 }),
    },
    'with the secret of another session': {
      workerSecret: secretOf({ ...sampleAddress, sessionId: 'another' as SessionId }),
    },
  };
  for (const [what, options] of Object.entries(impostors)) {
    it(`${what} is not accepted, and keeps the job from being posted`, async () => {
      const { objectStore, engine, worker } = createMailboxPair();
      await worker(options).sayHello();
      const rejected = { code: 'MAILBOX_REJECTED', message: /a0001\/hello .*not the worker/ };
      await assert.rejects(engine().readHello(), rejected);
      await assert.rejects(engine().awaitHello(neverAborts(), 1_000), rejected);
      await assert.rejects(engine().postJob(sampleJob), rejected);
      assert.deepEqual(await keysOf(objectStore), [`${prefix}hello`]);
    });
  }

  it('copied from another attempt is not accepted, even under the same secret', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const workerSecret = secretOf(sampleAddress);
    await worker({ address: { ...sampleAddress, attempt: 2 }, workerSecret }).sayHello();
    const second = `control/${sampleAddress.sessionId}/a0002/hello` as ObjectKey;
    await objectStore.create(`${prefix}hello` as ObjectKey, await objectStore.get(second));
    await assert.rejects(engine().readHello(), { code: 'MAILBOX_REJECTED' });
  });

  it('can be said once: the worker that comes second fails and changes nothing', async () => {
    const { objectStore, worker } = createMailboxPair();
    await worker({ workerSecret: new Uint8Array(32) }).sayHello();
    const first = await objectStore.get(`${prefix}hello` as ObjectKey);
    await assert.rejects(worker().sayHello(), {
      code: 'MAILBOX_REJECTED',
      message: /another worker has said hello/,
    });
    assert.deepEqual(await objectStore.get(`${prefix}hello` as ObjectKey), first);
  });

  it('is recognised by the worker whose first try succeeded without an answer', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    let creates = 0;
    const faulty = createFaultyObjectStore(objectStore, (call) =>
      call === 'create' && (creates += 1) === 1 ? 'lost-reply' : 'none',
    );
    await worker({ objectStore: faulty }).sayHello();
    assert.equal(creates, 2);
    assert.notEqual(await engine().readHello(), null);
  });
});

describe('waiting for a hello', () => {
  it('ends when the time is up, and says so', async () => {
    const { clock, engine } = createMailboxPair();
    const begin = clock.now();
    await assert.rejects(engine().awaitHello(neverAborts(), 60_000), {
      code: 'TIMED_OUT',
      retry: 'retryable',
      message: /attempt 1, did not say hello within 60000 ms/,
    });
    assert.equal(clock.now() - begin, 60_000);
  });

  it('ends with the reason of the signal', async () => {
    const { clock, engine } = createMailboxPair();
    const stop = new AbortController();
    const reason = new SnapledgerError('CANCELLED', 'enough');
    const waiting = engine().awaitHello(stop.signal, 60_000);
    void clock.sleep(1_000).then(() => {
      stop.abort(reason);
    });
    await assert.rejects(waiting, reason);
  });

  it('looks often at first and then at the interval it was given', async () => {
    const { clock, objectStore, engine } = createMailboxPair();
    const begin = clock.now();
    const looks: number[] = [];
    const watched = createFaultyObjectStore(objectStore, () => {
      looks.push(clock.now() - begin);
      return 'none';
    });
    const waiting = engine({ objectStore: watched }).awaitHello(neverAborts(), 2_500);
    await assert.rejects(waiting, { code: 'TIMED_OUT' });
    assert.deepEqual(looks, [0, 10, 30, 70, 150, 310, 630, 1_130, 1_630, 2_130, 2_500]);
  });

  it('outlasts a store that is unavailable for a while', async () => {
    const { clock, objectStore, engine, worker } = createMailboxPair();
    const begin = clock.now();
    const faulty = createFaultyObjectStore(objectStore, () =>
      clock.now() - begin < 5_000 ? 'unavailable' : 'none',
    );
    await worker().sayHello();
    await engine({ objectStore: faulty }).awaitHello(neverAborts(), 60_000);
    assert.ok(clock.now() - begin >= 5_000);
  });

  it('tells of the outage when it lasted until the end', async () => {
    const { objectStore, engine } = createMailboxPair();
    const faulty = createFaultyObjectStore(objectStore, () => 'unavailable');
    const waiting = engine({ objectStore: faulty }).awaitHello(neverAborts(), 60_000);
    await assert.rejects(waiting, (error: Error) => {
      assert.match(String(error.cause), /injected/);
      return true;
    });
  });
});
