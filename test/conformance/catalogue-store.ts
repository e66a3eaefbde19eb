import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type {
  CatalogueCheckpoint,
  CataloguedSession,
  CatalogueStore,
  ClaimRow,
  ListedSession,
  CataloguedFilter,
  SessionRows,
} from '../../src/ports/catalogue-store.ts';
import type { GlobalPosition, StreamName } from '../../src/ports/event-store.ts';
import { atHour, sampleIds } from '../support/domain/sample-ids.ts';

/** A catalogue under test, empty. */
export interface CatalogueUnderTest {
  readonly store: CatalogueStore;
  /** Opens the same one once more, as another process would. */
  readonly openAnother: () => CatalogueStore;
  readonly dispose: () => Promise<void>;
}

const web = sampleIds.instance('web-1');
const db = sampleIds.instance('db-1');

export function checkpointAt(position: number): CatalogueCheckpoint {
  return {
    version: 'test/1',
    making: 'the first',
    position: String(position) as GlobalPosition,
    before: position === 1 ? null : (String(position - 1) as GlobalPosition),
    recordHash: `hash of ${position}`,
  };
}

export function sessionRow(
  name: string,
  session: Partial<CataloguedSession> = {},
  rows: Partial<Omit<SessionRows, 'session'>> = {},
): SessionRows {
  return {
    session: {
      sessionId: sampleIds.session(name),
      instanceId: web,
      kind: 'backup',
      status: 'succeeded',
      startedAt: atHour(7),
      actor: 'ann',
      document: `about ${name}`,
      ...session,
    },
    names: [],
    made: [],
    removed: [],
    ...rows,
  };
}

function claimRow(stream: string, session: string | null): ClaimRow {
  const claim = { sessionId: sampleIds.session(session ?? ''), engineId: sampleIds.engine('here') };
  return { stream: stream as StreamName, claim: session === null ? null : claim };
}

/** What every adapter of the catalogue port has to do. */
export function catalogueStoreConformance(
  name: string,
  factory: () => Promise<CatalogueUnderTest>,
): void {
  describe(`${name}: the catalogue contract`, () => {
    let underTest: CatalogueUnderTest;
    let store: CatalogueStore;
    let at: number;
    beforeEach(async () => {
      underTest = await factory();
      ({ store } = underTest);
      at = 0;
    });
    afterEach(async () => {
      await store.close();
      await underTest.dispose();
    });

    async function put(
      sessions: readonly SessionRows[],
      claims: readonly ClaimRow[] = [],
      unreadable: readonly StreamName[] = [],
    ): Promise<void> {
      const from = at === 0 ? null : checkpointAt(at);
      at += 1;
      const outcome = await store.advance({
        from,
        to: checkpointAt(at),
        sessions,
        claims,
        unreadable,
      });
      assert.equal(outcome, 'advanced');
    }

    async function listed(filter: CataloguedFilter = {}): Promise<readonly ListedSession[]> {
      return store.sessions(filter, { direction: 'forwards', after: null, limit: 100 });
    }

    const idsOf = (sessions: readonly ListedSession[]): readonly string[] =>
      sessions.map(({ sessionId }) => sessionId);

    it('is empty at first', async () => {
      assert.equal(await store.checkpoint(), null);
      assert.deepEqual(await listed(), []);
      assert.deepEqual(await store.instances(), []);
    });

    it('moves rows and checkpoint together, and refuses rows made on another checkpoint', async () => {
      await put([sessionRow('a')]);
      assert.deepEqual(await store.checkpoint(), checkpointAt(1));
      for (const from of [null, checkpointAt(2), { ...checkpointAt(1), recordHash: 'other' }]) {
        const to = checkpointAt(3);
        const sessions = [sessionRow('b')];
        assert.equal(
          await store.advance({ from, to, sessions, claims: [], unreadable: [] }),
          'overtaken',
        );
      }
      assert.deepEqual(idsOf(await listed()), ['session-a']);
      assert.deepEqual(await store.checkpoint(), checkpointAt(1));
    });

    it('is shared by all who open it', async () => {
      await put([sessionRow('a')]);
      const other = underTest.openAnother();
      const advance = { from: checkpointAt(1), to: checkpointAt(2), claims: [], unreadable: [] };
      assert.equal(await other.advance({ ...advance, sessions: [sessionRow('b')] }), 'advanced');
      assert.equal(await store.advance({ ...advance, sessions: [sessionRow('c')] }), 'overtaken');
      assert.deepEqual(idsOf(await listed()), ['session-a', 'session-b']);
      await other.close();
    });

    it('keeps a session in its place when it is written again', async () => {
      await put([sessionRow('b', { status: 'running' }), sessionRow('a')]);
      await put([sessionRow('c'), sessionRow('b', { status: 'failed', document: 'more' })]);
      assert.deepEqual(
        (await listed()).map(({ ordinal, sessionId, status, document }) => [
          ordinal,
          sessionId,
          status,
          document,
        ]),
        [
          [1, 'session-b', 'failed', 'more'],
          [2, 'session-a', 'succeeded', 'about a'],
          [3, 'session-c', 'succeeded', 'about c'],
        ],
      );
      assert.deepEqual(await store.session(sampleIds.session('b')), (await listed())[0]);
      assert.equal(await store.session(sampleIds.session('unknown')), null);
    });

    it('filters by each field, and by all together', async () => {
      await put([
        sessionRow('a', { status: 'running' }),
        sessionRow('b', { instanceId: db, startedAt: atHour(8) }),
        sessionRow('c', { kind: 'restore', actor: 'bob', startedAt: atHour(9) }),
        sessionRow('d', { kind: 'policy-run', instanceId: null, startedAt: atHour(10) }),
      ]);
      const cases: readonly [CataloguedFilter, string][] = [
        [{ instanceId: web }, 'a c'],
        [{ kind: 'restore' }, 'c'],
        [{ status: 'running' }, 'a'],
        [{ actor: 'bob' }, 'c'],
        [{ since: atHour(8) }, 'b c d'],
        [{ until: atHour(9) }, 'a b'],
        [{ instanceId: web, since: atHour(8), actor: 'bob', status: 'succeeded' }, 'c'],
        [{ instanceId: db, actor: 'bob' }, ''],
      ];
      for (const [filter, wanted] of cases) {
        const names = idsOf(await listed(filter)).map((id) => id.replace('session-', ''));
        assert.equal(names.join(' '), wanted, JSON.stringify(filter));
      }
    });

    it('gives pages in both directions', async () => {
      await put(['a', 'b', 'c', 'd', 'e'].map((one) => sessionRow(one)));
      const page = async (
        direction: 'forwards' | 'backwards',
        after: number | null,
      ): Promise<string> =>
        idsOf(await store.sessions({ instanceId: web }, { direction, after, limit: 2 })).join(' ');
      assert.equal(await page('forwards', null), 'session-a session-b');
      assert.equal(await page('forwards', 4), 'session-e');
      assert.equal(await page('backwards', null), 'session-e session-d');
      assert.equal(await page('backwards', 4), 'session-c session-b');
      assert.equal(await page('backwards', 1), '');
    });

    it('says which engine holds a session, as long as one does', async () => {
      await put(
        [sessionRow('a', { status: 'running' }), sessionRow('b')],
        [claimRow('instance-web-1', 'a'), claimRow('schedule-daily', 'run')],
      );
      assert.deepEqual(
        (await listed()).map(({ heldBy }) => heldBy),
        ['engine-here', null],
      );
      assert.deepEqual(await store.claims('instance-'), [claimRow('instance-web-1', 'a')]);
      await put([], [claimRow('instance-web-1', null)]);
      assert.deepEqual(await store.claims('instance-'), []);
      assert.deepEqual(await store.claims('schedule-'), [claimRow('schedule-daily', 'run')]);
    });

    it('knows which streams cannot be read, by how their names begin', async () => {
      const streams = ['session-b', 'session-a', 'schedule-daily'].map(
        (name) => name as StreamName,
      );
      await put([sessionRow('a')], [], streams);
      await put([], [], ['session-b' as StreamName]);
      assert.deepEqual(await store.unreadable('session-'), ['session-a', 'session-b']);
      assert.deepEqual(await store.unreadable('schedule-'), ['schedule-daily']);
      assert.deepEqual(await store.unreadable('instance-'), []);
    });

    it('knows which sessions cannot be read: those of an instance, and those that are in no list', async () => {
      const ids = ['a', 'b', 'c', 'd'].map((name) => sampleIds.session(name));
      const [a, b, c, d] = ids;
      await put(
        [
          sessionRow('a'),
          sessionRow('b', { instanceId: db }),
          sessionRow('d', { instanceId: db }),
          sessionRow('e', { instanceId: db }),
        ],
        [],
        ids.map((id) => `of-${id}` as StreamName),
      );
      assert.deepEqual(await store.unreadableSessions('of-', null, 9), ids);
      assert.deepEqual(await store.unreadableSessions('of-', null, 1), [a]);
      assert.deepEqual(await store.unreadableSessions('of-', web, 9), [a, c]);
      assert.deepEqual(await store.unreadableSessions('of-', db, 9), [b, c, d]);
      // The limit is of those, not of what comes before them.
      assert.deepEqual(await store.unreadableSessions('of-', db, 1), [b]);
      assert.deepEqual(await store.unreadableSessions('in-', null, 9), []);
    });

    it('finds ids by how they begin, the shortest first, and no more than asked for', async () => {
      await put([
        sessionRow(
          'aa',
          {},
          {
            names: [
              { id: 'set-1', item: { kind: 'snapshot-set', id: sampleIds.set(1) } },
              { id: 'set-10', item: { kind: 'snapshot-set', id: sampleIds.set(1) } },
            ],
          },
        ),
        sessionRow('a'),
        sessionRow('b'),
      ]);
      assert.deepEqual(await store.sessionIds('session-a', 9), ['session-a', 'session-aa']);
      assert.deepEqual(await store.sessionIds('session-a', 1), ['session-a']);
      assert.deepEqual(await store.sessionIds('session-%', 9), []);
      assert.deepEqual(await store.itemNames('set-1', 1), [
        { id: 'set-1', instanceId: web, item: { kind: 'snapshot-set', id: 'set-1' } },
      ]);
      assert.equal((await store.itemNames('set-10', 9)).length, 1);
    });

    it('counts what sessions made and no session removed, whichever is told first', async () => {
      const made = [
        { kind: 'snapshot-set', id: sampleIds.set(1) },
        { kind: 'replica', id: sampleIds.replica(1) },
      ] as const;
      const names = made.map((item) => ({ id: item.id, item }));
      await put([
        sessionRow('a', { status: 'running' }, { names, made }),
        sessionRow('d', { instanceId: db }),
      ]);
      const counts = { replicas: 1, restorePoints: 0, openSessionId: null };
      const ofDb = { ...counts, instanceId: db, sessions: 1, snapshotSets: 0, replicas: 0 };
      const ofWeb = { ...counts, instanceId: web, sessions: 1, snapshotSets: 1 };
      assert.deepEqual(await store.instances(), [ofDb, ofWeb]);
      await put([sessionRow('b', {}, { removed: [made[0]] })], [claimRow('instance-web-1', 'a')]);
      const openSessionId = sampleIds.session('a');
      const after = { ...ofWeb, sessions: 2, snapshotSets: 0, openSessionId };
      assert.deepEqual(await store.instances(), [ofDb, after]);
      // Written again it does not come back, and what it did not make after all is gone.
      await put([sessionRow('a', {}, { names, made: [made[0]] })]);
      assert.deepEqual(await store.instances(), [ofDb, { ...after, replicas: 0 }]);
    });

    it('counts the same when all of that was told before anybody asked', async () => {
      const made = [
        { kind: 'snapshot-set', id: sampleIds.set(1) },
        { kind: 'snapshot-set', id: sampleIds.set(2) },
      ] as const;
      const names = made.map((item) => ({ id: item.id, item }));
      await put([sessionRow('a', { status: 'running' }, { names, made })]);
      await put([sessionRow('b', {}, { removed: [made[0]] })]);
      await put([sessionRow('a', {}, { names, made })]);
      const [counts] = await store.instances();
      assert.equal(counts?.snapshotSets, 1);
      assert.equal((await store.itemNames('set-', 9)).length, 2);
      await put([sessionRow('c', {}, { removed: [made[1]] })]);
      assert.equal((await store.instances())[0]?.snapshotSets, 0);
    });

    it('lists what is there of a kind, of all instances, in the order of the sessions', async () => {
      const one = { kind: 'restore-point', id: sampleIds.session(1) } as const;
      const two = { kind: 'restore-point', id: sampleIds.session(2) } as const;
      const other = { kind: 'restore-point', id: sampleIds.session(3) } as const;
      const set = { kind: 'snapshot-set', id: sampleIds.set(1) } as const;
      await put([
        sessionRow('z', {}, { made: [set, two] }),
        sessionRow('a', { instanceId: db }, { made: [other] }),
        sessionRow('b', {}, { made: [one] }),
      ]);
      assert.deepEqual(await store.present('restore-point'), [
        { id: two.id, instanceId: web },
        { id: other.id, instanceId: db },
        { id: one.id, instanceId: web },
      ]);
      await put([sessionRow('c', {}, { removed: [two] })]);
      assert.deepEqual(
        (await store.present('restore-point')).map(({ id }) => id),
        [other.id, one.id],
      );
      assert.deepEqual(await store.present('replica'), []);
    });

    it('is empty after it was cleared, or begun anew', async () => {
      for (const empty of [() => store.clear(), () => store.startAnew()]) {
        at = 0;
        await put([sessionRow('a')], [claimRow('instance-web-1', 'a')]);
        await empty();
        assert.equal(await store.checkpoint(), null);
        assert.deepEqual(await listed(), []);
        assert.deepEqual(await store.claims(''), []);
        assert.deepEqual(await store.unreadable(''), []);
      }
    });
  });
}
