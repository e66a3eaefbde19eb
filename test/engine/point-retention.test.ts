import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { PointId, TimestampMs } from '../../src/domain/identifiers.ts';
import type { FoundItem } from '../../src/engine/item/found-item.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, finished, type FinishedSession, recorded } from '../support/vault/back-up.ts';
import { makeDisk, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const quickRetries = { retry: { attemptsMax: 2, firstDelayMs: 1, delayMaxMs: 1 } };

describe('the retention of restore points', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['one', 'two', 'three']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, keepPoints: 1, transport: 'direct' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const pointOf = ({ summary }: FinishedSession): PointId => {
    assert.ok(summary.pointId !== null);
    return summary.pointId;
  };
  const itemOf = (session: FinishedSession): FoundItem => ({
    instanceId: web1,
    item: { kind: 'restore-point', id: pointOf(session) },
  });
  const points = async ({ engine }: OpenTestVault): Promise<PointId[]> =>
    (await Array.fromAsync(engine.listPoints())).map(({ pointId }) => pointId);
  const tidyUp = async ({ engine }: OpenTestVault): Promise<FinishedSession> =>
    finished(await engine.startMaintenance({ instanceId: web1 }));

  /** Two backups, of which the first point is to go with the second. */
  const twice = async (vault: OpenTestVault): Promise<[FinishedSession, FinishedSession]> => {
    const first = await backUp(vault.engine);
    await writeBlock(disk, 1, Buffer.alloc(524_288, 9));
    return [first, await backUp(vault.engine)];
  };

  it('removes what the rule lets go: it expires, is cleared, and is gone; the rest is whole', async () => {
    await using vault = await openTestVault(folder);

    const [first, second] = await twice(vault);

    assert.equal(second.summary.status, 'succeeded');
    const told = second.events
      .map(({ type }) => type)
      .filter((type) => /Retention|Point|Removals/.test(type));
    assert.deepEqual(told, [
      'RestorePointCommitted',
      'RetentionDecided',
      'RestorePointExpired',
      'RemovalsCleared',
      'RestorePointRemoved',
    ]);
    assert.deepEqual(recorded(second, 'RestorePointRemoved'), [{ pointId: pointOf(first) }]);
    assert.deepEqual(await points(vault), [pointOf(second)]);
    const [digest] = await restoredDigests(vault, pointOf(second));
    assert.equal(digest, await sha256OfFile(disk));
    await assertNothingLeft(vault);
  });

  it('lets a held point leave the chain, and removes it once the hold is released', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const first = await backUp(engine);
    const { holdId } = await engine.placeHold(itemOf(first), { kind: 'legal-hold', note: '12/26' });

    const second = await backUp(engine);

    assert.equal(recorded(second, 'RestorePointExpired').length, 1);
    assert.equal(recorded(second, 'RestorePointRemoved').length, 0);
    assert.deepEqual(await points(vault), [pointOf(first), pointOf(second)]);
    const [expired] = (await engine.describeItems(web1)).plan.points.expire;
    assert.deepEqual(expired?.held, [{ kind: 'legal-hold', holdId }]);

    await engine.releaseHold(web1, holdId);
    const maintenance = await tidyUp(vault);

    assert.equal(maintenance.summary.kind, 'maintenance');
    assert.equal(recorded(maintenance, 'RestorePointExpired').length, 0, 'it expires only once');
    assert.equal(recorded(maintenance, 'RestorePointRemoved').length, 1);
    assert.deepEqual(await points(vault), [pointOf(second)]);
    await assertNothingLeft(vault);
  });

  it('withholds a point on which a hold is placed after the decision, before it is cleared', async () => {
    let place: (() => Promise<unknown>) | null = null;
    await using vault = await openTestVault(folder, {
      decorate: ({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          afterAppend: async ({ events }) => {
            if (place === null || events[0]?.type !== 'RetentionDecided') return;
            const [now] = [place];
            place = null;
            await now();
          },
        }),
      }),
    });
    const first = await backUp(vault.engine);
    // Another engine, as another program would be.
    await using other = await openTestVault(folder);
    const hold = { kind: 'legal-hold', note: 'in the last moment' } as const;
    place = () => other.engine.placeHold(itemOf(first), hold);

    const second = await backUp(vault.engine);

    const [cleared] = recorded(second, 'RemovalsCleared');
    assert.deepEqual(
      cleared?.withheld.map(({ item }) => item),
      [itemOf(first).item],
    );
    assert.deepEqual(await points(vault), [pointOf(first), pointOf(second)]);
    assert.equal(second.summary.status, 'succeeded');
  });

  it('refuses a hold that comes after the removals were begun, or on what is gone', async () => {
    const outcomes: unknown[] = [];
    let isWatched = false;
    await using other = await openTestVault(folder);
    let target: FoundItem | null = null;
    await using vault = await openTestVault(folder, {
      decorate: ({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          afterAppend: async ({ events }) => {
            if (isWatched || target === null || events[0]?.type !== 'RemovalsBegun') return;
            isWatched = true;
            const until = (Date.now() + 3_600_000) as TimestampMs;
            outcomes.push(
              await other.engine
                .placeHold(target, { kind: 'lock', until })
                .catch((error: unknown) => error),
            );
          },
        }),
      }),
    });
    const first = await backUp(vault.engine);
    target = itemOf(first);
    await backUp(vault.engine);

    const [refusal] = outcomes;
    assert.ok(refusal instanceof SnapledgerError);
    assert.equal(refusal.code, 'ITEM_BEING_REMOVED');
    await assert.rejects(other.engine.placeHold(target, { kind: 'legal-hold', note: 'too late' }), {
      code: 'UNKNOWN_ITEM',
      message: /no more/,
    });
    assert.equal((await points(vault)).length, 1);
  });

  it('warns of a point that cannot be removed, and tries again the next time', async () => {
    let isBroken = true;
    await using vault = await openTestVault(folder, {
      limits: quickRetries,
      objectStore: (inner) =>
        createHookedObjectStore(inner, {
          before: ({ method, key }) =>
            isBroken && method === 'create' && key.endsWith('.removed')
              ? Promise.reject(
                  new SnapledgerError('STORE_UNAVAILABLE', 'no answer', { retry: 'retryable' }),
                )
              : Promise.resolve(),
        }),
    });
    const [first, second] = await twice(vault);

    assert.equal(second.summary.status, 'warning');
    const [failure] = recorded(second, 'RestorePointRemovalFailed');
    assert.equal(failure?.pointId, pointOf(first));
    assert.equal(failure.problem.code, 'STORE_UNAVAILABLE');
    assert.equal((await points(vault)).length, 2);

    isBroken = false;
    const maintenance = await tidyUp(vault);

    assert.equal(maintenance.summary.status, 'succeeded');
    assert.deepEqual(recorded(maintenance, 'RestorePointRemoved'), [{ pointId: pointOf(first) }]);
    await assertNothingLeft(vault);
  });

  it('never touches what was made by hand, until its own expiry has come', async () => {
    let offsetMs = 0;
    await using vault = await openTestVault(folder, {
      decorate: ({ clock }) => ({
        clock: { ...clock, now: () => (clock.now() + offsetMs) as TimestampMs },
      }),
    });
    const { engine } = vault;
    const expiresAt = (Date.now() + 86_400_000) as TimestampMs;
    const byHand = await backUp(engine, { origin: { kind: 'manual', expiresAt } });
    const [, second] = await twice(vault);
    assert.deepEqual(await points(vault), [pointOf(byHand), pointOf(second)]);

    await engine.setExpiry(itemOf(byHand), null);
    offsetMs = 2 * 86_400_000;
    await tidyUp(vault);
    assert.equal((await points(vault)).length, 2, 'its expiry was taken back');

    await engine.setExpiry(itemOf(byHand), (Date.now() + offsetMs + 1000) as TimestampMs);
    offsetMs += 2000;
    const maintenance = await tidyUp(vault);

    assert.deepEqual(
      recorded(maintenance, 'RestorePointExpired').map(({ pointId, reasons }) => ({
        pointId,
        reasons,
      })),
      [{ pointId: pointOf(byHand), reasons: [{ kind: 'manual-expired' }] }],
    );
    assert.deepEqual(await points(vault), [pointOf(second)]);
    await assert.rejects(engine.setExpiry(itemOf(second), null), {
      code: 'INVALID_ARGUMENT',
      message: /made by a policy/,
    });
    await assertNothingLeft(vault);
  });

  it('keeps what no policy covers any more, unless the rule for such items lets it go', async () => {
    let offsetMs = 0;
    await using vault = await openTestVault(folder, {
      decorate: ({ clock }) => ({
        clock: { ...clock, now: () => (clock.now() + offsetMs) as TimestampMs },
      }),
    });
    const { engine } = vault;
    const session = await backUp(engine);
    const policy = await engine.policyOf(web1);
    assert.ok(policy !== null);
    await engine.removePolicy(policy.policyId);
    assert.equal(await engine.policyOf(web1), null);

    offsetMs = 40 * 86_400_000;
    await tidyUp(vault);
    assert.deepEqual(await points(vault), [pointOf(session)]);

    await engine.setObsoleteRule({ kind: 'after', period: { amount: 1, unit: 'months' } });
    assert.deepEqual(await engine.obsoleteRule(), {
      kind: 'after',
      period: { amount: 1, unit: 'months' },
    });
    const maintenance = await tidyUp(vault);

    assert.equal(recorded(maintenance, 'SnapshotRemoved').length, 1);
    assert.deepEqual(await points(vault), []);
    await assertNothingLeft(vault);
  });

  it('explains an item as it is now and as it was at any moment of the past', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const first = await backUp(engine);
    const then = Date.now() as TimestampMs;
    await writeBlock(disk, 1, Buffer.alloc(524_288, 9));
    const second = await backUp(engine);

    const before = await engine.explainItem(pointOf(first), { at: then });
    assert.equal(before.explanation.state, 'stays');
    assert.deepEqual(
      before.explanation.reasons.map(({ reason }) => reason.kind),
      ['within-count', 'parent-point'],
    );
    const now = await engine.explainItem(pointOf(first).slice(0, 8));
    assert.equal(now.explanation.state, 'removed');
    assert.equal(now.explanation.removedBy, second.summary.sessionId);
    assert.deepEqual(now.explanation.reasons, [{ kind: 'beyond-count', keep: 1 }]);
    await assert.rejects(engine.explainItem(pointOf(second), { at: then }), {
      code: 'UNKNOWN_ITEM',
      message: /was not there at/,
    });
    assert.equal((await engine.describeItems(web1, { at: then })).history.points.length, 1);
  });

  it('finds any item by the beginning of its id, and a set by one of its snapshots', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    const [first] = await twice(vault);
    const [taken] = recorded(first, 'SnapshotTaken');
    assert.ok(taken !== undefined);

    const set = { instanceId: web1, item: { kind: 'snapshot-set', id: taken.setId } };
    assert.deepEqual(await engine.findItem(taken.setId.slice(0, 13)), set);
    assert.deepEqual(await engine.findItem(taken.snapshots[0]?.snapshotId ?? ''), set);
    assert.deepEqual(await engine.findItem(pointOf(first)), itemOf(first));
    await assert.rejects(engine.findItem('nobody'), { code: 'UNKNOWN_ITEM' });
    await assert.rejects(engine.findHold('nobody'), { code: 'UNKNOWN_HOLD' });
  });
});
