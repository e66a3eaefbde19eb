import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { InstanceClaims } from '../../../src/engine/instance/instance-claims.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { ledgerRig } from './ledger-rig.ts';

const instanceId = sampleIds.instance('web-1');
const web = { instanceId, tags: {} };
const [monday, tuesday] = [sampleIds.session('monday'), sampleIds.session('tuesday')];

/** Engines on one store, each with its own ledger. */
function engines<Name extends string>(...names: readonly Name[]): Record<Name, InstanceClaims> {
  const eventStore = createMemoryEventStore();
  const claims = names.map((name) => {
    const engineId = sampleIds.engine(name);
    return [name, new InstanceClaims(ledgerRig({ eventStore, engineId }).ledger, engineId)];
  });
  return Object.fromEntries(claims) as Record<Name, InstanceClaims>;
}

async function codesOf(attempts: readonly Promise<void>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(attempts);
  return settled
    .map((one) =>
      one.status === 'fulfilled' ? 'done' : String((one.reason as { readonly code: unknown }).code),
    )
    .toSorted();
}

describe('the claim of an instance', () => {
  it('is won by one of several engines that claim at once', async () => {
    const { a, b, c } = engines('a', 'b', 'c');
    const attempts = [a, b, c].map((engine, index) =>
      engine.claim(web, sampleIds.session(index), 'backup'),
    );
    assert.deepEqual(await codesOf(attempts), ['INSTANCE_BUSY', 'INSTANCE_BUSY', 'done']);
    assert.equal((await a.stateOf(instanceId)).sessions.length, 1);
  });

  it('is won by one of two sessions that one engine claims at once', async () => {
    const { a } = engines('a');
    const attempts = [a.claim(web, monday, 'backup'), a.claim(web, tuesday, 'backup')];
    assert.deepEqual(await codesOf(attempts), ['INSTANCE_BUSY', 'done']);
  });

  it('is free again after its release, which may come twice', async () => {
    const { a, b } = engines('a', 'b');
    await a.claim(web, monday, 'backup');
    await a.release(instanceId, monday);
    await a.release(instanceId, monday);
    await b.claim(web, tuesday, 'backup');
    const state = await b.stateOf(instanceId);
    assert.deepEqual(state.sessions, [monday, tuesday]);
    assert.deepEqual(state.claim, { sessionId: tuesday, engineId: sampleIds.engine('b') });
  });

  it('is not given up to a session that does not hold it', async () => {
    const { a, b } = engines('a', 'b');
    await a.claim(web, monday, 'backup');
    const wrong = { sessionId: tuesday, engineId: sampleIds.engine('a') };
    await assert.rejects(b.takeOver(instanceId, wrong), { code: 'SESSION_FENCED' });
    await b.release(instanceId, tuesday);
    assert.equal((await a.stateOf(instanceId)).claim?.sessionId, monday);
  });

  it('of a dead engine is taken over by one of two that find it', async () => {
    const { dead, b, c } = engines('dead', 'b', 'c');
    await dead.claim(web, monday, 'backup');
    const { claim } = await b.stateOf(instanceId);
    assert.ok(claim !== null);
    const attempts = [b.takeOver(instanceId, claim), c.takeOver(instanceId, claim)];
    assert.deepEqual(await codesOf(attempts), ['SESSION_FENCED', 'done']);
  });
});
