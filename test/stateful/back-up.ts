import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import type { TimestampMs } from '../../src/domain/identifiers.ts';
import { assertSame } from './assert-same.ts';
import type { ModelInstance, SessionFacts } from './model-instance.ts';
import { policyId, type RealInstance, web } from './real-instance.ts';

export const hourMs = 3_600_000;
/** Null: for ever. */
export const hours = fc.option(fc.integer({ min: 1, max: 150 }), { nil: null });

export type StatefulCommand = fc.AsyncCommand<ModelInstance, RealInstance>;

/** How a backup goes: by itself, or with something that happens to it. */
type Fate =
  | { readonly kind: 'well' | 'snapshots-fail' | 'workers-die' }
  | { readonly kind: 'cancelled' | 'killed'; readonly afterMs: number };

interface BackupWish {
  readonly scope: 'snapshot-only' | 'image-level';
  /** By hand with its own expiry, null for never; or as the policy says. */
  readonly byHand: { readonly hours: number | null } | null;
  readonly by: 'somebody' | 'a-run';
  readonly fate: Fate;
}

class BackUp implements StatefulCommand {
  readonly #wish: BackupWish;

  constructor(wish: BackupWish) {
    this.#wish = wish;
  }

  check({ policy, isInCloud }: Readonly<ModelInstance>): boolean {
    return isInCloud && (this.#wish.byHand !== null || policy !== null);
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    const { fate } = this.#wish;
    const before = new Set(real.sessionIds);
    if (fate.kind === 'snapshots-fail') real.world.failing = 'snapshots';
    if (fate.kind === 'workers-die') real.world.failing = 'workers';
    await this.#perform(real);
    real.world.failing = 'nothing';
    const made: StartedBackup[] = [];
    for (const sessionId of real.sessionIds) {
      if (!before.has(sessionId)) made.push(await real.stateOf(sessionId));
    }
    const backups = made.filter(({ kind }) => kind === 'backup');
    const mayBeNone = fate.kind === 'killed' || (this.#isByRun && fate.kind === 'cancelled');
    assert.ok(backups.length === 1 || (backups.length === 0 && mayBeNone), 'one session was begun');
    for (const state of made) {
      if (state.kind === 'backup') this.#assertOutcome(state, model);
      model.record(factsOf(state, model));
    }
    await assertSame(model, real);
  }

  get #isByRun(): boolean {
    return this.#wish.by === 'a-run' && this.#wish.byHand === null;
  }

  async #perform(real: RealInstance): Promise<void> {
    const { fate } = this.#wish;
    const canceller = new AbortController();
    const begun = this.#begin(real, canceller.signal);
    if (fate.kind === 'killed') {
      // Nothing that a dead engine promised ever comes.
      void begun.catch(() => undefined);
      await real.world.scheduler.after(fate.afterMs);
      await real.killAndSucceed(this.#isByRun ? 'loop' : 'resume');
      return;
    }
    if (fate.kind === 'cancelled') {
      real.world.scheduler.schedule(fate.afterMs, () => {
        canceller.abort(new Error('enough'));
      });
    }
    await (
      await begun
    ).ended;
  }

  #begin(real: RealInstance, signal: AbortSignal): Promise<{ readonly ended: Promise<unknown> }> {
    const { scope, byHand } = this.#wish;
    const { engine } = real;
    if (byHand !== null) {
      const { hours } = byHand;
      const expiresAt = hours === null ? null : ((real.now() + hours * hourMs) as TimestampMs);
      return engine.startBackup({
        instanceId: web,
        scope,
        origin: { kind: 'manual', expiresAt },
        signal,
      });
    }
    if (this.#isByRun) return engine.startPolicyRun({ policyId, signal });
    return engine.startBackup({ instanceId: web, scope, signal });
  }

  #assertOutcome(state: StartedBackup, model: ModelInstance): void {
    const { fate } = this.#wish;
    assert.notEqual(state.status, 'running', 'the session has ended');
    const isComplete = state.snapshotSet?.state === 'completed';
    assert.equal(state.retention !== null, isComplete, 'retention runs when the set is complete');
    if (fate.kind === 'snapshots-fail') assert.equal(state.status, 'failed');
    if (fate.kind === 'well') {
      assert.equal(state.status, 'succeeded');
      assert.equal(state.point !== null, state.scope === 'image-level');
    }
    if (fate.kind === 'workers-die' && state.point === null && state.scope === 'image-level') {
      assert.equal(state.status, 'failed');
    }
    const [read] = state.readPlan ?? [];
    if (read === undefined) return;
    const { base, parent, policy } = model;
    const canCompare =
      base !== null &&
      base.isComplete &&
      parent?.id === model.commits.at(-1)?.pointId &&
      policy?.cbt !== 'off';
    assert.equal(read.mode === 'changed', canCompare, `reads ${read.mode} (${read.reason ?? ''})`);
  }

  toString(): string {
    const { scope, byHand, fate } = this.#wish;
    const hand =
      byHand === null
        ? this.#isByRun
          ? ' by a run'
          : ''
        : ` by hand, ${byHand.hours === null ? 'for ever' : `for ${byHand.hours} h`}`;
    const what = this.#isByRun ? 'as the policy says' : scope;
    const how = 'afterMs' in fate ? `${fate.kind} after ${fate.afterMs} ms` : fate.kind;
    return `back up ${what}${hand}: ${how}`;
  }
}

function factsOf(state: StartedBackup, { disk }: ModelInstance): SessionFacts {
  const { sessionId, origin, snapshotSet, replicas, point, retention } = state;
  const takenAt = snapshotSet?.takenAt ?? null;
  return {
    sessionId,
    origin: origin.kind === 'manual' ? 'manual' : 'policy',
    expiresAt: origin.kind === 'manual' ? origin.expiresAt : null,
    set:
      snapshotSet === null || takenAt === null
        ? null
        : { id: snapshotSet.setId, takenAt, isComplete: snapshotSet.state === 'completed' },
    replicas: replicas.flatMap(({ replicaSetId: id, state: made }) =>
      made === 'completed' || made === 'torn' ? [{ id, state: made }] : [],
    ),
    pointId: point?.pointId ?? null,
    decidedAt: retention?.decidedAt ?? null,
    content: disk,
  };
}

const arbitraryFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'well' } as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { kind: 'snapshots-fail' } as const,
      { kind: 'workers-die' } as const,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancelled' as const, 'killed' as const),
      // A session takes about a minute; most of its steps come early.
      afterMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 100_000 })),
    }),
  },
);

export const arbitraryBackup = fc
  .record({
    scope: fc.constantFrom(
      'image-level' as const,
      'image-level' as const,
      'snapshot-only' as const,
    ),
    byHand: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.record({ hours }) },
    ),
    by: fc.constantFrom('somebody' as const, 'a-run' as const),
    fate: arbitraryFate,
  })
  .map((wish) => new BackUp(wish));
