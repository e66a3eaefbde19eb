import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../../src/domain/identifiers.ts';
import { decodeHello, encodeHello } from '../../src/mailbox/hello.ts';
import { createKeyPair } from '../../src/mailbox/key-agreement.ts';
import { mailboxLimits } from '../../src/mailbox/mailbox-limits.ts';
import { sealJob, unsealJob } from '../../src/mailbox/sealed-job.ts';
import { sealOutcome, unsealOutcome } from '../../src/mailbox/sealed-outcome.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import {
  createMailboxPair,
  keysOf,
  neverAborts,
  replaceObject,
  sampleAddress,
  sampleJob,
  secretOf,
} from './mailbox-pair.ts';
import { createSeededRandom } from './seeded-random.ts';

const prefix = `control/${sampleAddress.sessionId}/a0001/`;
const credentials = { address: sampleAddress, workerSecret: secretOf(sampleAddress) };
const rejected = { code: 'MAILBOX_REJECTED' };

/** All messages of one sound exchange, and the worker's keys. */
function soundExchange() {
  const keyPair = createKeyPair(createSeededRandom('worker'));
  const helloMessage = encodeHello(credentials, keyPair.publicKey);
  const hello = decodeHello(credentials, helloMessage);
  const random = createSeededRandom('engine');
  return {
    keyPair,
    hello,
    job: sealJob(credentials, hello, sampleJob, random),
    done: sealOutcome(credentials, hello, { outcome: 'succeeded' }, random),
  };
}

async function everythingIn(objectStore: ObjectStore): Promise<Buffer> {
  const keys = await keysOf(objectStore);
  return Buffer.concat(await Promise.all(keys.map((key) => objectStore.get(key as ObjectKey))));
}

describe('who reads the store and the user data', () => {
  it('finds neither the grant nor any plan in clear', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await engine().postJob(sampleJob);
    await workerSide.postDone({
      outcome: 'failed',
      code: 'DISK_EMPTY',
      message: 'told only to the engine',
      remedy: null,
      retry: 'permanent',
    });
    const userData = engine().userData({
      objectStore: { kind: 'filesystem', root: '/repository' },
      format: 'strata',
      devices: { kind: 'folder' },
      limits: { pollIntervalMs: 500, beatIntervalMs: 1_000 },
    });
    const seen = Buffer.concat([await everythingIn(objectStore), userData]);
    assert.equal(seen.indexOf(sampleJob.grant), -1);
    assert.equal(seen.indexOf(Buffer.from(sampleJob.grant).toString('base64')), -1);
    assert.equal(seen.indexOf('told only to the engine'), -1);
    for (const { planId } of sampleJob.volumes) assert.equal(seen.indexOf(planId), -1);
  });

  it('cannot open the job with the worker secret and a key pair of his own', () => {
    const { job } = soundExchange();
    const other = createKeyPair(createSeededRandom('somebody else'));
    assert.throws(() => unsealJob(credentials, other, job), rejected);
  });

  it('cannot open the job with everything but a private key', () => {
    const { keyPair, job } = soundExchange();
    const { privateKey } = createKeyPair(createSeededRandom('somebody else'));
    assert.doesNotThrow(() => unsealJob(credentials, keyPair, job));
    const pretended = { publicKey: keyPair.publicKey, privateKey };
    assert.throws(() => unsealJob(credentials, pretended, job), rejected);
  });

  it('finds another message each time the same job is sealed', () => {
    const { hello } = soundExchange();
    const random = createSeededRandom('engine');
    const first = sealJob(credentials, hello, sampleJob, random);
    const second = sealJob(credentials, hello, sampleJob, random);
    assert.notDeepEqual(first.subarray(8, 40), second.subarray(8, 40), "the engine's public key");
    assert.notDeepEqual(first.subarray(52), second.subarray(52));
  });
});

describe('who writes to the store, without the worker secret,', () => {
  it('cannot give the worker a job', async () => {
    const { objectStore, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    const message = await objectStore.get(`${prefix}hello` as ObjectKey);
    const { hello } = soundExchange();
    const forged = sealJob(
      { address: sampleAddress, workerSecret: new Uint8Array(32) },
      { ...hello, publicKey: message.subarray(8, 40) },
      { ...sampleJob, grant: Buffer.from('a key that the forger knows') },
      createSeededRandom('forger'),
    );
    await objectStore.create(`${prefix}job` as ObjectKey, forged);
    await assert.rejects(workerSide.awaitJob(neverAborts(), 1_000), {
      code: 'MAILBOX_REJECTED',
      message: /a0001\/job /,
    });
  });

  it('cannot report an outcome', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    await worker().sayHello();
    const { hello } = soundExchange();
    const forged = sealOutcome(
      { address: sampleAddress, workerSecret: new Uint8Array(32) },
      { message: await objectStore.get(`${prefix}hello` as ObjectKey) },
      { outcome: 'succeeded' },
      createSeededRandom('forger'),
    );
    assert.throws(() => unsealOutcome(credentials, hello, forged), rejected);
    await objectStore.create(`${prefix}done` as ObjectKey, forged);
    await assert.rejects(engine().readDone(), { ...rejected, message: /a0001\/done / });
  });

  for (const field of ['sessionId', 'attempt'] as const) {
    const other = {
      ...sampleAddress,
      ...(field === 'attempt' ? { attempt: 2 } : { sessionId: 'another' as SessionId }),
    };
    it(`cannot bring job or outcome from another ${field}, even under the same secret`, () => {
      const { keyPair, hello } = soundExchange();
      const elsewhere = { ...credentials, address: other };
      const random = createSeededRandom('engine');
      const job = sealJob(elsewhere, hello, sampleJob, random);
      const done = sealOutcome(elsewhere, hello, { outcome: 'succeeded' }, random);
      assert.doesNotThrow(() => unsealJob(elsewhere, keyPair, job));
      assert.throws(() => unsealJob(credentials, keyPair, job), rejected);
      assert.doesNotThrow(() => unsealOutcome(elsewhere, hello, done));
      assert.throws(() => unsealOutcome(credentials, hello, done), rejected);
    });
  }

  it('cannot pass off the outcome of a worker that said another hello', () => {
    const { hello } = soundExchange();
    const other = encodeHello(credentials, createKeyPair(createSeededRandom('other')).publicKey);
    const random = createSeededRandom('other');
    const done = sealOutcome(credentials, { message: other }, { outcome: 'succeeded' }, random);
    assert.throws(() => unsealOutcome(credentials, hello, done), rejected);
  });

  it('cannot exchange one object for another', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const workerSide = worker();
    await workerSide.sayHello();
    await engine().postJob(sampleJob);
    await workerSide.postDone({ outcome: 'succeeded' });
    const [hello, job, done] = await Promise.all(
      ['hello', 'job', 'done'].map((name) => objectStore.get(`${prefix}${name}` as ObjectKey)),
    );
    assert.ok(hello !== undefined && job !== undefined && done !== undefined);

    for (const other of [hello, done]) {
      await replaceObject(objectStore, `${prefix}job`, other);
      await assert.rejects(workerSide.awaitJob(neverAborts(), 1_000), rejected);
    }
    for (const other of [hello, job]) {
      await replaceObject(objectStore, `${prefix}done`, other);
      await assert.rejects(engine().readDone(), rejected);
    }
    for (const other of [job, done]) {
      await replaceObject(objectStore, `${prefix}hello`, other);
      await assert.rejects(engine().readHello(), rejected);
    }
  });

  it('gains nothing by replacing a hello that was accepted', async () => {
    const { objectStore, engine, worker } = createMailboxPair();
    const [engineSide, workerSide] = [engine(), worker()];
    await workerSide.sayHello();
    await engineSide.readHello();
    await replaceObject(objectStore, `${prefix}hello`, Buffer.alloc(72));
    await engineSide.postJob(sampleJob);
    assert.deepEqual((await workerSide.awaitJob(neverAborts(), 1_000)).volumes, sampleJob.volumes);
  });

  it('cannot change one bit of any message unnoticed', () => {
    const { keyPair, hello, job, done } = soundExchange();
    const readers = [
      { message: hello.message, read: (bytes: Uint8Array) => decodeHello(credentials, bytes) },
      { message: job, read: (bytes: Uint8Array) => unsealJob(credentials, keyPair, bytes) },
      { message: done, read: (bytes: Uint8Array) => unsealOutcome(credentials, hello, bytes) },
    ];
    for (const { message, read } of readers) {
      assert.doesNotThrow(() => read(message));
      for (let bit = 0; bit < message.byteLength * 8; bit += 1) {
        const changed = Buffer.from(message);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        // X25519 ignores the highest bit of a public key; the derived key binds it all the same.
        assert.throws(() => read(changed), rejected, `bit ${bit}`);
      }
    }
  });

  it('cannot use a public key with which everybody would agree on the same secret', () => {
    const { keyPair } = soundExchange();
    const job = Buffer.concat([Buffer.from('SLMJ\x01\0\0\0', 'latin1'), Buffer.alloc(100)]);
    assert.throws(() => unsealJob(credentials, keyPair, job), {
      code: 'MAILBOX_REJECTED',
      message: /public key/,
    });
    const weak = decodeHello(credentials, encodeHello(credentials, new Uint8Array(32)));
    assert.throws(() => sealJob(credentials, weak, sampleJob, createSeededRandom('x')), rejected);
  });
});

describe('what is not a message', () => {
  const { keyPair, hello } = soundExchange();

  it('is rejected, whatever bytes it has', () => {
    const frames = ['', 'SLMH\x01\0\0\0', 'SLMJ\x01\0\0\0', 'SLMD\x01\0\0\0'];
    const garbage = fc
      .tuple(fc.constantFrom(...frames), fc.uint8Array({ maxLength: 200 }))
      .map(([frame, bytes]) => Buffer.concat([Buffer.from(frame, 'latin1'), bytes]));
    fc.assert(
      fc.property(garbage, (bytes) => {
        assert.throws(() => decodeHello(credentials, bytes), rejected);
        assert.throws(() => unsealJob(credentials, keyPair, bytes), rejected);
        assert.throws(() => unsealOutcome(credentials, hello, bytes), rejected);
      }),
    );
  });

  const oversized = [
    { name: 'hello', sizeBytes: 73 },
    { name: 'job', sizeBytes: mailboxLimits.jobMaxBytes + 1 },
    { name: 'done', sizeBytes: mailboxLimits.outcomeMaxBytes + 1 },
    { name: 'hello', sizeBytes: 0 },
    { name: 'job', sizeBytes: 0 },
    { name: 'done', sizeBytes: 0 },
  ];
  for (const { name, sizeBytes } of oversized) {
    it(`is not even fetched: a ${name} of ${sizeBytes} bytes`, async () => {
      const { objectStore, engine, worker } = createMailboxPair();
      const fetched: string[] = [];
      const watched: ObjectStore = {
        create: (key, body) => objectStore.create(key, body),
        head: (key) => objectStore.head(key),
        delete: (key) => objectStore.delete(key),
        retention: null,
        list: (listed) => objectStore.list(listed),
        get: (key, range) => {
          fetched.push(key);
          return objectStore.get(key, range);
        },
      };
      await objectStore.create(`${prefix}${name}` as ObjectKey, new Uint8Array(sizeBytes));
      const read = {
        hello: () => engine({ objectStore: watched }).readHello(),
        job: () => worker({ objectStore: watched }).awaitJob(neverAborts(), 1_000),
        done: () => engine({ objectStore: watched }).readDone(),
      }[name];
      assert.ok(read !== undefined);
      await assert.rejects(read(), {
        code: 'MAILBOX_REJECTED',
        message: new RegExp(`^${prefix}${name} .* ${sizeBytes} bytes`),
      });
      assert.deepEqual(fetched, []);
    });
  }

  it('is rejected among the beats, by its name or by its number', async () => {
    const { objectStore, engine } = createMailboxPair();
    await objectStore.create(`${prefix}beat-1` as ObjectKey, Buffer.from('x'));
    await assert.rejects(engine().latestBeat(), { ...rejected, message: /beat-1 / });
    await engine().clear();
    for (let beat = 0; beat <= mailboxLimits.beatsListedMax; beat += 1) {
      const key = `${prefix}beat-${String(beat).padStart(8, '0')}` as ObjectKey;
      await objectStore.create(key, Buffer.from('x'));
    }
    await assert.rejects(engine().latestBeat(), { ...rejected, message: /more beats/ });
  });

  it('is rejected as an outcome without a hello', async () => {
    const { objectStore, engine } = createMailboxPair();
    await objectStore.create(`${prefix}done` as ObjectKey, soundExchange().done);
    await assert.rejects(engine().readDone(), { ...rejected, message: /hello .*gone/ });
  });
});
