import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { EventStore } from '../../../src/ports/event-store.ts';
import {
  all,
  newEvents,
  newStream,
  revisions,
} from '../../conformance/event-store/sample-events.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import type { FakeMember } from '../../support/kurrentdb/fake-gossip.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';

const settings = 'tls=false&maxDiscoverAttempts=3&discoveryInterval=10&gossipTimeout=2';

describe('a ledger on a cluster of two nodes', { timeout: 60_000 }, () => {
  let leader: FakeKurrentDb;
  let follower: FakeKurrentDb;
  let stores: EventStore[] = [];
  beforeEach(async () => {
    leader = await FakeKurrentDb.start();
    follower = await FakeKurrentDb.start({ log: leader.log });
    tell(member(leader, 'leader'), member(follower, 'follower'));
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
    await leader[Symbol.asyncDispose]();
    await follower[Symbol.asyncDispose]();
  });

  function member(
    { port }: FakeKurrentDb,
    state: FakeMember['state'],
    isAlive: FakeMember['isAlive'] = true,
  ): FakeMember {
    return { port, state, isAlive };
  }

  /** To both, as what each of them says of the cluster. */
  function tell(...members: readonly FakeMember[]): void {
    leader.members = members;
    follower.members = members;
  }

  async function open(location: string): Promise<EventStore> {
    const limits = { callTimeoutMs: 5_000, closeTimeoutMs: 300 };
    const store = await openLedgerOn(location, { limits });
    stores.push(store);
    return store;
  }

  async function appendAndRead(store: EventStore): Promise<void> {
    const stream = newStream();
    assert.deepEqual(await store.append(stream, 'no-stream', newEvents(2)), { revision: 1 });
    assert.deepEqual(revisions(await all(store.readStream(stream))), [0, 1]);
    assert.deepEqual(revisions(await all(store.readAll({ streamPrefix: stream }))), [0, 1]);
  }

  it('is found by the name of the cluster: a follower that answers to it names the leader', async () => {
    const store = await open(`esdb+discover://localhost:${follower.port}?${settings}`);
    await appendAndRead(store);
    assert.ok(follower.faults.calls('gossip') > 0);
    assert.equal(leader.faults.calls('append'), 1);
    assert.equal(follower.faults.calls('append'), 0);
  });

  it('is found by any of several hosts, of which one is down', async () => {
    const down = await closedPort();
    const store = await open(`esdb://127.0.0.1:${down},127.0.0.1:${follower.port}?${settings}`);
    await appendAndRead(store);
    assert.equal(leader.faults.calls('append'), 1);
    assert.equal(follower.faults.calls('append'), 0);
  });

  it('is followed to a new leader when the leader is gone', async () => {
    const store = await open(
      `esdb://127.0.0.1:${leader.port},127.0.0.1:${follower.port}?${settings}`,
    );
    await appendAndRead(store);
    await leader[Symbol.asyncDispose]();
    tell(member(leader, 'leader', false), member(follower, 'leader'));
    const [stream, events] = [newStream(), newEvents(1)];
    await assert.rejects(store.append(stream, 'no-stream', events), {
      code: 'LEDGER_UNAVAILABLE',
      retry: 'retryable',
    });
    assert.deepEqual(await store.append(stream, 'no-stream', events), { revision: 0 });
    assert.equal(follower.faults.calls('append'), 1);
    assert.deepEqual(revisions(await all(store.readStream(stream))), [0]);
  });

  it('is followed to a new leader when the leader says that it no longer is', async () => {
    const store = await open(`esdb+discover://localhost:${leader.port}?${settings}`);
    tell(member(leader, 'follower'), member(follower, 'leader'));
    leader.faults.arm('append', { kind: 'not-leader', leaderPort: follower.port });
    const [stream, events] = [newStream(), newEvents(1)];
    await assert.rejects(store.append(stream, 'no-stream', events), {
      code: 'LEDGER_UNAVAILABLE',
      message: /is not the leader of its cluster now/,
    });
    assert.deepEqual(await store.append(stream, 'no-stream', events), { revision: 0 });
    assert.equal(follower.faults.calls('append'), 1);
  });

  it('is unavailable while no node can be worked with, and says of which cluster', async () => {
    tell(member(leader, 'leader', false), member(follower, 'catching-up'));
    const location = `esdb+discover://localhost:${follower.port}?${settings}`;
    await assert.rejects(open(location), {
      code: 'LEDGER_UNAVAILABLE',
      message: new RegExp(`the cluster of localhost:${follower.port} failed .*discover`),
    });
    tell(member(leader, 'leader'), member(follower, 'catching-up'));
    await appendAndRead(await open(location));
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}
