import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import type { TimestampMs } from '../../src/domain/identifiers.ts';
import { assertSame } from './assert-same.ts';
import { type BackupFate, describeFate } from './backup-fate.ts';
import type { ModelInstance, SessionFacts } from './model-instance.ts';
import { type FatefulInstance, policyId, type RealInstance, web } from './real-instance.ts';

export const hourMs = 3_600_000;
/** Null: for ever. */
export const hours = fc.option(fc.integer({ min: 1, max: 150 }), { nil: null });

export type CommandOn<Real extends RealInstance> = fc.AsyncCommand<ModelInstance, Real>;
/** On any world. */
export type StatefulCommand = CommandOn<RealInstance>;

export type BackupScope = 'snapshot-only' | 'image-level';

/** What a world has for backups to choose from. */
export interface BackupOffers<Fate extends BackupFate> {
  readonly fates: fc.Arbitrary<Fate>;
  /** What can be asked for by hand while no policy says how blocks are read. */
  readonly scopesWithoutPolicy: readonly BackupScope[];
}

interface BackupWish<Fate extends BackupFate> {
  readonly scope: BackupScope;
  /** By hand with its own expiry, null for never; or as the policy says. */
  readonly byHand: { readonly hours: number | null } | null;
  readonly by: 'somebody' | 'a-run';
  readonly fate: Fate;
}

export class BackUp<Fate extends BackupFate> implements CommandOn<FatefulInstance<Fate>> {
  readonly #wish: BackupWish<Fate>;
  readonly #scopesWithoutPolicy: readonly BackupScope[];

  constructor(
    wish: BackupWish<Fate>,
    { scopesWithoutPolicy }: Pick<BackupOffers<Fate>, 'scopesWithoutPolicy'>,
  ) {
    this.#wish = wish;
    this.#scopesWithoutPolicy = scopesWithoutPolicy;
  }

  check({ policy, isInCloud }: Readonly<ModelInstance>): boolean {
    const { byHand, scope } = this.#wish;
    if (policy !== null) return isInCloud;
    return isInCloud && byHand !== null && this.#scopesWithoutPolicy.includes(scope);
  }

  async run(model: ModelInstance, real: FatefulInstance<Fate>): Promise<void> {
    const { fate } = this.#wish;
    const before = new Set(real.sessionIds);
    await real.backUp(fate, {
      by: this.#isByRun ? 'a-run' : 'somebody',
      begin: (signal) => this.#begin(real, signal),
    });
    const made: StartedBackup[] = [];
    for (const sessionId of real.sessionIds) {
      if (!before.has(sessionId)) made.push(await real.stateOf(sessionId));
    }
    const backups = made.filter(({ kind }) => kind === 'backup');
    const mayBeNone = fate.kind === 'killed' || (this.#isByRun && isCancelled(fate));
    assert.ok(backups.length === 1 || (backups.length === 0 && mayBeNone), 'one session was begun');
    for (const state of made) {
      if (state.kind === 'backup') this.#assertOutcome(state, model);
      noteHappening(state, model, real);
      model.record(factsOf(state, model));
    }
    await assertSame(model, real);
  }

  get #isByRun(): boolean {
    return this.#wish.by === 'a-run' && this.#wish.byHand === null;
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
    return `back up ${what}${hand}: ${describeFate(fate)}`;
  }
}

function isCancelled({ kind }: BackupFate): boolean {
  return kind === 'cancelled' || kind === 'cancelled-at-append';
}

/** What the types of events do not tell. */
function noteHappening(
  { readPlan, retention, point }: StartedBackup,
  { commits }: ModelInstance,
  { happened }: RealInstance,
): void {
  for (const { mode } of readPlan ?? []) happened.add(`read ${mode}`);
  if (point !== null && commits.length > 0) happened.add('the base moved');
  for (const { reasons } of retention?.snapshots.keep ?? []) {
    if (reasons.every(({ kind }) => kind === 'cbt-base')) happened.add('kept as CBT base alone');
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

export function arbitraryBackup<Fate extends BackupFate>(
  offers: BackupOffers<Fate>,
): fc.Arbitrary<CommandOn<FatefulInstance<Fate>>> {
  return fc
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
      fate: offers.fates,
    })
    .map((wish) => new BackUp(wish, offers));
}
