import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId, SessionId } from '../../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { policyStream, sessionStream } from '../../../src/engine/ledger/stream-names.ts';
import { decodeLogEntry } from '../../../src/engine/transparency-log/log-entry.ts';
import { entriesPrefix } from '../../../src/engine/transparency-log/log-objects.ts';
import { fakeFormat } from '../../support/simulation/fake-format/fake-format.ts';
import { createSeededPrng, createSimulatedRandom } from '../../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../../support/simulation/simulated-engine.ts';
import { makeRepository } from '../../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../../support/simulation/simulated-world.ts';
import { keptWrappingKey } from '../../support/simulation/kept-wrapping-key.ts';
import { fakeKeys } from '../../support/simulation/fake-format/fake-objects.ts';

const nightly = 'nightly' as PolicyId;
const instanceId = 'i-1' as InstanceId;

/** The real engine in virtual time, with a policy that takes snapshots; there is no repository yet. */
async function inWorld(
  seed: string,
  test: (world: SimulatedWorld, engine: SimulatedEngine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng(seed));
  world.faults.switchOff();
  world.disks.add(instanceId, [{ device: '/dev/xvda', content: [1, 2, null] }]);
  const engine = startEngine(world, 'engine', 'flawless');
  await world.scheduler.drive(
    (async () => {
      const usual = defaultPolicy(nightly, [instanceId]);
      await engine.engine.setPolicy({ ...usual, image: { ...usual.image, level: 'off' } });
      await test(world, engine);
    })(),
  );
}

/** Makes the repository, and damages its header: nobody can open it, and the vault is that of its ledger. */
async function damageRepository(world: SimulatedWorld): Promise<Uint8Array> {
  await makeRepository(world);
  const { objectStore, prng, scheduler } = world;
  await keptWrappingKey(world, () =>
    fakeFormat.openRepository({
      objectStore,
      secret: { kind: 'passphrase', passphrase: 'simulated' },
      random: createSimulatedRandom(prng.fork('vault')),
      clock: { now: () => scheduler.now(), sleep: (durationMs) => scheduler.after(durationMs) },
    }),
  );
  const header = await objectStore.get(fakeKeys.header);
  await objectStore.delete(fakeKeys.header);
  await objectStore.create(fakeKeys.header, new TextEncoder().encode('no header'));
  return header;
}

/** Whose key the sealed records of each stream are under, and how many there are. */
async function sealedStreams({
  objectStore,
}: SimulatedWorld): Promise<ReadonlyMap<string, { readonly subject: string; records: number }>> {
  const streams = new Map<string, { readonly subject: string; records: number }>();
  for await (const { key } of objectStore.list(entriesPrefix)) {
    const entry = decodeLogEntry(await objectStore.get(key));
    assert.ok(entry !== null);
    for (const { stream, subject, records } of entry.segments) {
      const known = streams.get(stream) ?? { subject, records: 0 };
      assert.equal(subject, known.subject, `${stream} has one subject`);
      streams.set(stream, { subject, records: known.records + records.length });
    }
  }
  return streams;
}

async function eventsOf({ engine }: SimulatedEngine, sessionId: SessionId): Promise<number> {
  return (await Array.fromAsync(engine.replay(sessionId))).length;
}

describe('the run of a policy', () => {
  it('is sealed at its end, under the key of its policy; its sessions under those of their instances', async () => {
    await inWorld('sealed', async (world, engine) => {
      await makeRepository(world);
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      assert.equal((await run.ended).status, 'succeeded');
      const outcome = await run.sealed;
      assert.equal(outcome.kind, 'sealed');

      const streams = await sealedStreams(world);
      const records = await eventsOf(engine, run.sessionId);
      const subject = policyStream(nightly);
      assert.deepEqual(streams.get(sessionStream(run.sessionId)), { subject, records });
      assert.equal(streams.get(subject)?.subject, subject);
      const [backup] = await engine.engine.listSessions({ instanceId });
      assert.ok(backup !== undefined);
      assert.equal(streams.get(sessionStream(backup.sessionId))?.subject, `instance-${instanceId}`);

      const proof = await engine.engine.audit.verify();
      assert.deepEqual(proof.findings, []);
      assert.deepEqual(proof.unsealedSessions, []);

      // Not the first of its engine: only what it has to do with is looked at.
      await (
        await engine.engine.startPolicyRun({ policyId: nightly })
      ).sealed;
      assert.deepEqual((await engine.engine.audit.verify()).unsealed, []);
    });
  });

  it('that could not be sealed is sealed by another engine, under the same key', async () => {
    await inWorld('made up for', async (world, engine) => {
      const header = await damageRepository(world);
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      assert.equal((await run.ended).status, 'succeeded');
      const outcome = await run.sealed;
      assert.equal(outcome.kind, 'unsealed');
      assert.equal((await sealedStreams(world)).size, 0);

      await world.objectStore.delete(fakeKeys.header);
      await world.objectStore.create(fakeKeys.header, header);
      const other = startEngine(world, 'other', 'flawless');
      assert.equal((await other.engine.audit.seal()).kind, 'sealed');
      const streams = await sealedStreams(world);
      assert.deepEqual(streams.get(sessionStream(run.sessionId)), {
        subject: policyStream(nightly),
        records: await eventsOf(other, run.sessionId),
      });
      const proof = await other.engine.audit.verify();
      assert.deepEqual(proof.findings, []);
      assert.deepEqual(proof.unsealedSessions, []);
    });
  });
});
