import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { encodeEventData } from '../../src/engine/ledger/event-codec.ts';
import { genesisHash, recordHash } from '../../src/engine/ledger/record-hash.ts';
import {
  policyStream,
  scheduleStream,
  sessionStream,
} from '../../src/engine/ledger/stream-names.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../src/ports/event-store.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const hour = 3_600_000;
const day = 24 * hour;
const web = 'i-web' as InstanceId;
const mail = 'i-mail' as InstanceId;
const other = 'i-other' as InstanceId;
const [lost, sound] = ['lost' as PolicyId, 'sound' as PolicyId];

/** Keeps so many sets, taken every 8 hours, and is preferred by so much. */
function keeping(policyId: PolicyId, count: number, priority: number): BackupPolicy {
  const usual = defaultPolicy(policyId, [web]);
  return {
    ...usual,
    priority,
    snapshots: {
      ...usual.snapshots,
      schedules: [{ kind: 'hourly', everyHours: 8, minute: 0 }],
      retention: { count, age: null, gfs: null },
    },
    image: { ...usual.image, level: 'off' },
  };
}

type Damage = 'newer event' | 'not decodable' | 'no policy' | 'another policy' | 'chain';

/** How the stream of the policy is read by an engine that is not as new, or from a damaged disk. */
function damaged(eventStore: EventStore, stream: StreamName, damage: Damage): EventStore {
  const asRead = (record: RecordedEvent): RecordedEvent => {
    if (record.stream !== stream) return record;
    switch (damage) {
      case 'newer event':
        return { ...record, metadata: { ...record.metadata, schemaVersion: 99 } };
      case 'not decodable':
        return { ...record, data: Uint8Array.of(0xc1) };
      case 'no policy':
        return { ...record, data: Uint8Array.of(0x80) };
      case 'another policy': {
        const policy = keeping(sound, 1, 0);
        return { ...record, data: encodeEventData({ type: 'PolicySet', data: { policy } }) };
      }
      case 'chain':
        return { ...record, metadata: { ...record.metadata, previousHash: 'f'.repeat(64) } };
    }
  };
  return {
    ...eventStore,
    async *readStream(...request) {
      for await (const record of eventStore.readStream(...request)) yield asRead(record);
    },
    async *readAll(...request) {
      for await (const record of eventStore.readAll(...request)) yield asRead(record);
    },
  };
}

async function setsOf(engine: Engine, instanceId: InstanceId): Promise<number> {
  const sessions = await engine.listSessions({ instanceId });
  const states = await Promise.all(
    sessions.map(({ sessionId }) => Array.fromAsync(engine.replay(sessionId))),
  );
  const types = states.flat().map(({ event }) => event.type);
  const count = (wanted: string): number => types.filter((type) => type === wanted).length;
  return count('SnapshotTaken') - count('SnapshotRemoved');
}

async function lastSessionOf(engine: Engine, instanceId: InstanceId): Promise<StreamName> {
  const session = (await engine.listSessions({ instanceId })).at(-1);
  return sessionStream(session?.sessionId ?? assert.fail('it had no session'));
}

/** Puts an event at the end of a stream that only a newer version can read. */
async function appendUnreadable(world: SimulatedWorld, stream: StreamName): Promise<void> {
  const newest = { direction: 'backwards', limit: 1 } as const;
  const [last] = await Array.fromAsync(world.eventStore.readStream(stream, newest));
  assert.ok(last !== undefined);
  const previousHash = recordHash(stream, last.revision, last);
  const metadata = { ...last.metadata, previousHash };
  const id = crypto.randomUUID();
  const event = { id, type: 'FromTheFuture', data: Uint8Array.of(0x80), metadata };
  await world.eventStore.append(stream, last.revision, [event]);
}

/** A world in which `lost` has made three sets of an instance and `sound` one of another. */
async function inWorld(
  damage: Damage,
  test: (world: SimulatedWorld, reader: Engine, writer: Engine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng(`unreadable, ${damage}`));
  world.faults.switchOff();
  await makeRepository(world);
  for (const id of [web, mail]) world.disks.add(id, [{ device: '/dev/xvda', content: [1] }]);
  const { engine: writer } = startEngine(world, 'writer', 'flawless');
  const { engine: reader } = startEngine(world, 'reader', 'flawless', (eventStore) =>
    damaged(eventStore, policyStream(lost), damage),
  );
  const run = async (): Promise<void> => {
    await writer.setPolicy(keeping(lost, 9, 5));
    for (let backups = 0; backups < 3; backups += 1) {
      await (
        await writer.startBackup({ instanceId: web })
      ).ended;
    }
    const wide = keeping(sound, 1, 0);
    await writer.setPolicy({ ...wide, selection: { include: { kind: 'all' }, exclude: null } });
    await writer.setObsoleteRule({ kind: 'after', period: { amount: 1, unit: 'days' } });
    await test(world, reader, writer);
  };
  await world.scheduler.drive(run());
}

describe('a policy that cannot be read', () => {
  const damages: readonly (readonly [Damage, RegExp])[] = [
    [
      'newer event',
      /^UNKNOWN_EVENT policy 'lost' cannot be read, .* of version 99, which this version/,
    ],
    ['not decodable', /^LEDGER_CORRUPT policy 'lost' cannot be read, .* cannot be decoded$/],
    [
      'no policy',
      /^LEDGER_CORRUPT policy 'lost' cannot be read, .* is not what a 'PolicySet' of version \d is: policy is missing; /,
    ],
    [
      'another policy',
      /^LEDGER_CORRUPT policy 'lost' cannot be read, .*: event 0 of the stream 'policy-lost' is about another policy$/,
    ],
    ['chain', /^LEDGER_CORRUPT policy 'lost' cannot be read, .* is broken before its event 0/],
  ];
  for (const [damage, said] of damages) {
    it(`(${damage}) stops itself alone, says so once, and keeps what its instances have`, async () => {
      await inWorld(damage, async (world, engine) => {
        const stop = new AbortController();
        const troubles: SnapledgerError[] = [];
        const loop = engine.runPolicies({
          until: 'aborted',
          signal: stop.signal,
          onTrouble: (error) => troubles.push(error),
        });
        // Maintenance comes 25 hours after the last retention.
        await world.scheduler.after(28 * hour);
        stop.abort();
        await loop;
        assert.equal(troubles.length, 1);
        assert.match(`${troubles[0]?.code ?? ''} ${troubles[0]?.message ?? ''}`, said);
        assert.notEqual(troubles[0]?.remedy, undefined);
        // `sound` selects both, and would keep one of the three.
        assert.equal(await setsOf(engine, web), 3);
        assert.equal((await engine.listSessions({ instanceId: web })).length, 3);
        assert.ok((await engine.listSessions({ instanceId: mail })).length >= 3);
        assert.equal(await setsOf(engine, mail), 1);
      });
    });
  }

  it('keeps what its instances have also where no other policy selects them', async () => {
    await inWorld('not decodable', async (world, engine, writer) => {
      await writer.removePolicy(sound);
      await world.scheduler.after(3 * day);
      await assert.rejects(engine.runPolicies({ until: 'none-due' }), { code: 'LEDGER_CORRUPT' });
      assert.equal(await setsOf(engine, web), 3);
      // What is known not to be covered goes by the setting for obsolete items.
      await writer.removePolicy(lost);
      await writer.runPolicies({ until: 'none-due' });
      assert.equal(await setsOf(writer, web), 0);
    });
  });

  it('has a run whose engine died left as it is, and goes on with it when it can be read', async () => {
    await inWorld('newer event', async (world, engine, writer) => {
      await writer.setPolicy(keeping(lost, 1, 5));
      const doomed = startEngine(world, 'doomed', 'flawless');
      const { sessionId } = await doomed.engine.startPolicyRun({ policyId: lost });
      doomed.process.kill('the test');
      const statusOf = async (): Promise<string> => {
        const runs = await writer.listSessions();
        return runs.find((one) => one.sessionId === sessionId)?.status ?? 'none';
      };
      await assert.rejects(engine.runPolicies({ until: 'none-due' }), { code: 'UNKNOWN_EVENT' });
      assert.equal(await statusOf(), 'running');
      assert.equal(await setsOf(engine, web), 3);
      await writer.runPolicies({ until: 'none-due' });
      assert.equal(await statusOf(), 'succeeded');
      assert.equal(await setsOf(engine, web), 1);
    });
  });

  it('is told of in the end when policies are run once, after all that can be done is', async () => {
    await inWorld('newer event', async (world, engine) => {
      await world.scheduler.after(9 * hour);
      const alsoLost = policyStream('also-lost' as PolicyId);
      const ofLost = world.eventStore.readStream(policyStream(lost));
      for await (const { type, data, metadata } of ofLost) {
        const broken = { id: crypto.randomUUID(), type, data, metadata };
        await world.eventStore.append(alsoLost, 'no-stream', [{ ...broken, type: 'Unknown' }]);
      }
      const troubles: SnapledgerError[] = [];
      const onTrouble = (error: SnapledgerError): void => void troubles.push(error);
      const remedy = 'Use the newer version of snapledger that wrote it.';
      await assert.rejects(engine.runPolicies({ until: 'none-due', onTrouble }), {
        code: 'UNKNOWN_EVENT',
        message: /^policy 'also-lost' cannot be read/,
        remedy,
      });
      const [trouble, ...more] = troubles;
      assert.match(trouble?.message ?? '', /^policy 'lost' cannot be read/);
      assert.deepEqual([trouble?.code, trouble?.remedy, more], ['UNKNOWN_EVENT', remedy, []]);
      assert.equal((await engine.listSessions({ instanceId: mail })).length, 1);
    });
  });

  it('refuses backups, maintenance and plans of its instances, and says why', async () => {
    await inWorld('newer event', async (world, engine) => {
      const refused = {
        code: 'UNKNOWN_EVENT',
        message: /^policy 'lost' cannot be read, and instance 'i-web' may belong to it: /,
      };
      await assert.rejects(engine.startBackup({ instanceId: web }), refused);
      const origin = { kind: 'manual', expiresAt: null } as const;
      await assert.rejects(engine.startBackup({ instanceId: web, origin }), refused);
      await assert.rejects(engine.startMaintenance({ instanceId: web }), refused);
      await assert.rejects(engine.describeItems(web), refused);
      await assert.rejects(engine.policyOf(web), refused);
      assert.equal((await engine.policyOf(mail))?.policyId, sound);
      assert.equal(
        (await (await engine.startBackup({ instanceId: mail })).ended).status,
        'succeeded',
      );
      world.disks.add(other, [{ device: '/dev/xvda', content: [1] }]);
      assert.equal((await engine.policyOf(other))?.policyId, sound);
    });
  });

  it('is left out of previews: nothing goes of what may be its', async () => {
    await inWorld('newer event', async (_world, engine) => {
      const { losses } = await engine.previewPolicies({ remove: [sound] });
      assert.deepEqual(losses, []);
      assert.deepEqual(
        (await engine.listPolicies()).map(({ policy }) => policy.policyId),
        [sound],
      );
    });
  });

  it('has a run of another policy skip its instances, and name it', async () => {
    await inWorld('newer event', async (_world, engine) => {
      const run = await engine.startPolicyRun({ policyId: sound });
      assert.equal((await run.ended).status, 'succeeded');
      const events = await Array.fromAsync(engine.replay(run.sessionId));
      const resolved = events.find(({ event }) => event.type === 'InstancesResolved');
      assert.deepEqual(resolved?.event.data, {
        instances: [mail],
        skipped: [{ instanceId: web, reason: { kind: 'other-policy', policyId: lost } }],
      });
    });
  });

  it('has a run of another policy skip what may be its: its last session cannot be read either', async () => {
    await inWorld('newer event', async (world, engine, writer) => {
      await (
        await writer.startBackup({ instanceId: mail })
      ).ended;
      world.disks.add(other, [{ device: '/dev/xvda', content: [1] }]);
      await appendUnreadable(world, await lastSessionOf(writer, mail));
      const run = await engine.startPolicyRun({ policyId: sound });
      assert.equal((await run.ended).status, 'succeeded');
      const events = await Array.fromAsync(engine.replay(run.sessionId));
      const resolved = events.find(({ event }) => event.type === 'InstancesResolved');
      assert.deepEqual(resolved?.event.data, {
        instances: [other],
        skipped: [mail, web].map((instanceId) => ({
          instanceId,
          reason: { kind: 'other-policy', policyId: lost },
        })),
      });
    });
  });

  it('goes by its last version that can be read where a newer one was set over it', async () => {
    await inWorld('newer event', async (world, _engine, writer) => {
      const stream = policyStream(lost);
      const [last] = await Array.fromAsync(
        world.eventStore.readStream(stream, { direction: 'backwards', limit: 1 }),
      );
      assert.ok(last !== undefined);
      const previousHash = recordHash(stream, last.revision, last);
      const recordedAt = world.scheduler.now();
      const metadata = { ...last.metadata, previousHash, recordedAt };
      const id = crypto.randomUUID();
      const event = { id, type: 'FromTheFuture', data: Uint8Array.of(0x80), metadata };
      await world.eventStore.append(stream, last.revision, [event]);
      world.disks.remove(web);
      world.disks.add(web, [{ device: '/dev/xvda', content: [1] }]);
      await assert.rejects(writer.policyOf(web), { code: 'UNKNOWN_EVENT' });
      assert.equal((await writer.policyOf(mail))?.policyId, sound);
      // At a moment before that everything can be read.
      const { history } = await writer.describeItems(web, { at: last.metadata.recordedAt });
      assert.equal(history.sets.length, 0);
    });
  });

  it('is none that was written with version 1 and keeps more than may be asked for today', async () => {
    await inWorld('newer event', async (world, _engine, writer) => {
      const stream = policyStream('old' as PolicyId);
      const [{ metadata } = assert.fail('nothing was recorded')] = await Array.fromAsync(
        world.eventStore.readStream(policyStream(lost)),
      );
      const policy = {
        policyId: 'old',
        snapshots: { retention: { kind: 'count', keep: 5_000 }, baseMoves: 'before-retention' },
        image: {
          level: 'off',
          changedBlockTracking: 'on',
          compression: 'fast',
          transport: 'worker',
        },
      };
      const data = encodeEventData({ type: 'PolicySet', data: { policy, instances: [other] } });
      const id = crypto.randomUUID();
      const ofVersion1 = { ...metadata, schemaVersion: 1, previousHash: genesisHash };
      const event = { id, type: 'PolicySet', data, metadata: ofVersion1 };
      await world.eventStore.append(stream, 'no-stream', [event]);
      const read = await writer.policyOf(other);
      assert.equal(read?.snapshots.retention.count, 5_000);
    });
  });

  it('of which only the runs cannot be read is listed with that, beside the others', async () => {
    await inWorld('newer event', async (world, _engine, writer) => {
      await (
        await writer.startPolicyRun({ policyId: sound })
      ).ended;
      await appendUnreadable(world, scheduleStream(sound));
      const listed = await writer.listPolicies();
      assert.deepEqual(
        listed.map(({ policy, state, error }) => [policy.policyId, state, error?.code]),
        [
          [lost, 'idle', undefined],
          [sound, 'unreadable', 'UNKNOWN_EVENT'],
        ],
      );
      assert.equal((await writer.describePolicy(sound)).nextRunAt, null);
    });
  });

  it('that was removed is told of all the same when its runs cannot be read: one may be open', async () => {
    await inWorld('newer event', async (world, _engine, writer) => {
      await (
        await writer.startPolicyRun({ policyId: sound })
      ).ended;
      await writer.removePolicy(sound);
      await writer.runPolicies({ until: 'none-due' });
      await appendUnreadable(world, scheduleStream(sound));
      await assert.rejects(writer.runPolicies({ until: 'none-due' }), {
        code: 'UNKNOWN_EVENT',
        message:
          /^the runs of policy 'sound' cannot be read, so that none is begun or gone on with: /,
      });
    });
  });

  it('of which only the runs cannot be read begins none, and stops no other', async () => {
    const world = new SimulatedWorld(createSeededPrng('unreadable schedule'));
    world.faults.switchOff();
    await makeRepository(world);
    for (const id of [web, mail]) world.disks.add(id, [{ device: '/dev/xvda', content: [1] }]);
    const { engine: writer } = startEngine(world, 'writer', 'flawless');
    const { engine } = startEngine(world, 'reader', 'flawless', (eventStore) =>
      damaged(eventStore, scheduleStream(lost), 'newer event'),
    );
    const run = async (): Promise<void> => {
      await writer.setPolicy(keeping(lost, 9, 5));
      await (
        await writer.startPolicyRun({ policyId: lost })
      ).ended;
      const selection = {
        include: { kind: 'instances', instanceIds: [mail] },
        exclude: null,
      } as const;
      await writer.setPolicy({ ...keeping(sound, 1, 0), selection });
      await world.scheduler.after(9 * hour);
      await assert.rejects(engine.runPolicies({ until: 'none-due' }), {
        code: 'UNKNOWN_EVENT',
        message:
          /^the runs of policy 'lost' cannot be read, so that none is begun or gone on with: /,
      });
      assert.equal((await writer.listSessions({ instanceId: web })).length, 1);
      assert.equal((await writer.listSessions({ instanceId: mail })).length, 1);
    };
    await world.scheduler.drive(run());
  });
});
