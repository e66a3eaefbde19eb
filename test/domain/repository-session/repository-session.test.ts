import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { healablePieces } from '../../../src/domain/repository-session/healable-pieces.ts';
import type { RepositorySessionEvent } from '../../../src/domain/repository-session/repository-events.ts';
import {
  evolveRepositorySession,
  initialRepositorySession,
  type RepositorySession,
} from '../../../src/domain/repository-session/repository-session.ts';
import type { RepositoryId } from '../../../src/domain/identifiers.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const started: RepositorySessionEvent = {
  type: 'RepositorySessionStarted',
  data: {
    kind: 'repository',
    sessionId: sampleIds.session('tidy'),
    repositoryId: 'repository' as RepositoryId,
    work: 'collection',
    instanceId: null,
    engineId: sampleIds.engine('here'),
    startedAt: atHour(8),
  },
};
const nothing = { objects: 0, bytes: 0 };
const atFirst = {
  ...{ status: 'running', sessionId: started.data.sessionId, repositoryId: 'repository' },
  ...{
    work: 'collection',
    instanceId: null,
    engineId: started.data.engineId,
    startedAt: atHour(8),
    endedAt: null,
  },
  ...{ plan: null, writersEnded: [], condemned: nothing, removed: nothing },
  ...{ repackPlan: null, moved: null, mergePlan: null, merged: [] },
  ...{ repairPlan: null, healed: null, damageLeft: [], marked: [] },
  ...{ damage: [], verified: [], covered: null, problem: null },
};

function after(...events: readonly RepositorySessionEvent[]): RepositorySession {
  return [started, ...events].reduce(evolveRepositorySession, initialRepositorySession);
}

describe('the maintenance of a repository', () => {
  it('runs from its start on, and begins with nothing else', () => {
    assert.deepEqual(initialRepositorySession, { status: 'not-started' });
    assert.deepEqual(after(), atFirst);
    assert.throws(
      () =>
        evolveRepositorySession(initialRepositorySession, {
          type: 'DataRemoved',
          data: { objects: 1, bytes: 1 },
        }),
      { code: 'INTERNAL' },
    );
  });

  it('that collects knows its plan, the writers that it ended, and the sum of what went', () => {
    const plan = {
      ...{ inUse: nothing, removable: { objects: 5, bytes: 50 }, awaiting: nothing },
      held: { ...nothing, until: null },
      ...{ unexplained: nothing, leftovers: 0, openWriters: [] },
    };
    const writer = (name: string): RepositorySessionEvent => ({
      type: 'WriterEnded',
      data: {
        ...{ writerId: sampleIds.session(name), instanceId: sampleIds.instance('web-1') },
        ...{ outcome: 'discarded', why: 'session-ended' },
      },
    });
    const state = after(
      writer('one'),
      { type: 'CollectionPlanned', data: plan },
      writer('other'),
      { type: 'DataCondemned', data: { objects: 1, bytes: 10, generation: 1 } },
      { type: 'DataCondemned', data: { objects: 4, bytes: 40, generation: 2 } },
      { type: 'DataRemoved', data: { objects: 2, bytes: 20 } },
      { type: 'DataRemoved', data: { objects: 1, bytes: 5 } },
    );
    assert.deepEqual(state, {
      ...atFirst,
      plan,
      writersEnded: [sampleIds.session('one'), sampleIds.session('other')],
      condemned: { objects: 5, bytes: 50 },
      removed: { objects: 3, bytes: 25 },
    });
  });

  it('that repacks knows its plan, and what was moved', () => {
    const instanceId = sampleIds.instance('web-1');
    const sparse = { objects: 3, bytes: 90 };
    const plan = { instanceId, sparse, liveBytes: 20, left: nothing };
    const moved = { instanceId, pointsMoved: 2, bytesWritten: 25, blocksDamaged: 1 };
    const planned = { type: 'RepackPlanned', data: plan } as const;
    assert.deepEqual(after(planned), { ...atFirst, repackPlan: plan });
    const done = after(planned, { type: 'DataMoved', data: moved });
    assert.deepEqual(done, { ...atFirst, repackPlan: plan, moved });
  });

  it('that heals knows what was found, what can be healed and was, and what is left of which points', () => {
    const instanceId = sampleIds.instance('web-1');
    const damage = {
      ...{ blocksDamaged: 5, blocksFromCopies: 1, blocksFromElsewhere: 2 },
      ...{ mapPartsDamaged: 3, mapPartsHealed: 2, objectsSpoilt: 1 },
    };
    assert.equal(healablePieces(damage), 6);
    const plan = { instanceId, ...damage };
    const healed = { ...plan, pointsHealed: 2, bytesWritten: 25 };
    const pointId = sampleIds.session('monday');
    const piece = {
      ...{ pointId, volumeId: null, device: null, objectKey: 'a' },
      ...{ firstBlock: 0, blockCount: 1, reason: 'changed' },
    };
    const left = { ...piece, objectKey: 'b' };
    const marks = { instanceId, sound: [], damaged: [pointId] };
    assert.deepEqual(
      after(
        { type: 'DamageFound', data: piece },
        { type: 'RepairPlanned', data: plan },
        { type: 'DamageHealed', data: healed },
        { type: 'DamageLeft', data: left },
        { type: 'PointsMarked', data: marks },
        { type: 'PointsMarked', data: marks },
      ),
      {
        ...{ ...atFirst, damage: [piece], repairPlan: plan, healed },
        ...{ damageLeft: [left], marked: [marks, marks] },
      },
    );
  });

  it('that merges knows its plan, and each point that was merged', () => {
    const instanceId = sampleIds.instance('web-1');
    const [pointId, base] = [sampleIds.session('point'), sampleIds.session('base')];
    const plan = {
      instanceId,
      merges: [{ pointId, absorbed: [base], bytesToWrite: 25 }],
      left: 1,
    };
    const merged = { instanceId, pointId, absorbed: [base], parents: [], bytesWritten: 27 };
    const planned = { type: 'MergePlanned', data: plan } as const;
    assert.deepEqual(after(planned), { ...atFirst, mergePlan: plan });
    const done = after(planned, { type: 'PointMerged', data: merged });
    assert.deepEqual(done, { ...atFirst, mergePlan: plan, merged: [merged] });
  });

  it('that verifies knows what is sound, every damage, and how far it came', () => {
    const damage = (
      objectKey: string,
    ): Extract<RepositorySessionEvent, { type: 'DamageFound' }> => ({
      type: 'DamageFound',
      data: {
        ...{ pointId: sampleIds.session('monday'), volumeId: null, device: null, objectKey },
        ...{ firstBlock: 0, blockCount: 1, reason: 'changed' },
      },
    });
    const verified = (
      key: string,
    ): Extract<RepositorySessionEvent, { type: 'ObjectsVerified' }> => ({
      type: 'ObjectsVerified',
      data: { sound: [key], damaged: [], verifiedAt: atHour(9) },
    });
    const covered = { objects: 2, bytes: 20, objectsTotal: 3, bytesTotal: 30, findings: 2 };
    assert.deepEqual(
      after(damage('a'), verified('c'), damage('b'), verified('d'), {
        type: 'VerificationCovered',
        data: covered,
      }),
      {
        ...atFirst,
        damage: [damage('a').data, damage('b').data],
        verified: [verified('c').data, verified('d').data],
        covered,
      },
    );
  });

  it('ends well, with what went wrong, or with who stopped it and why', () => {
    const problem = { code: 'STORE_UNAVAILABLE', message: 'the store is away' };
    const endedAt = atHour(10);
    assert.deepEqual(after({ type: 'RepositorySessionCompleted', data: { endedAt } }), {
      ...{ ...atFirst, status: 'succeeded', endedAt },
    });
    assert.deepEqual(after({ type: 'RepositorySessionFailed', data: { problem, endedAt } }), {
      ...{ ...atFirst, status: 'failed', endedAt, problem },
    });
    assert.deepEqual(
      after({ type: 'RepositorySessionCancelled', data: { reason: 'Ctrl-C', endedAt } }),
      {
        ...{ ...atFirst, status: 'cancelled', endedAt },
        problem: { code: 'CANCELLED', message: 'Ctrl-C' },
      },
    );
  });
});
