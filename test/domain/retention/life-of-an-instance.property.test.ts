import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { InstanceId, TimestampMs } from '../../../src/domain/identifiers.ts';
import {
  decideInstance,
  type InstanceCommand,
} from '../../../src/domain/instance/decide-instance.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { cbtBase } from '../../../src/domain/retention/cbt-base.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import {
  expiriesOf,
  type ItemRef,
  removalsOf,
} from '../../../src/domain/retention/retention-plan.ts';
import { arbitraryPolicy } from '../../../src/verification/arbitrary-policy.ts';
import { arbitraryTarget } from '../../../src/verification/arbitrary-notes.ts';
import { circumstancesInWords } from '../../../src/verification/in-words.ts';
import { noted, type NotedSession, sessionOf } from '../../../src/verification/noted-session.ts';
import { planProperties } from '../../../src/verification/plan-properties.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

/*
 * Histories as they come about: each session's retention decides by the policy of its time and is carried
 * out before the next begins, while policies change, clocks jump, and two engines append to the instance's
 * stream in any order that the stream allows.
 */

const hourMs = 3_600_000;
const web = 'web' as InstanceId;
const engines = ['one', 'other'].map((name) => sampleIds.engine(name));

interface SessionStep {
  readonly kind: 'session';
  readonly engine: 0 | 1;
  readonly hoursLater: number;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly image: boolean;
  readonly replicas: NotedSession['replicas'];
  readonly manualHours: number | null;
  /** The engine dies before retention, and the other one takes the session over. */
  readonly takenOver: boolean;
}

type Step =
  | SessionStep
  | { readonly kind: 'policy'; readonly policy: BackupPolicy | null }
  | { readonly kind: 'hold' | 'expiry'; readonly on: number; readonly hours: number | null };

const hours = fc.option(fc.integer({ min: 1, max: 400 }), { nil: null });

const arbitrarySession: fc.Arbitrary<SessionStep> = fc.record({
  kind: fc.constant('session' as const),
  engine: fc.constantFrom(0, 1),
  hoursLater: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 41, max: 900 }) },
    { weight: 1, arbitrary: fc.integer({ min: -30, max: 0 }) },
  ),
  status: fc.constantFrom('succeeded', 'succeeded', 'succeeded', 'failed', 'cancelled'),
  image: fc.boolean(),
  replicas: fc.uniqueArray(
    fc.record({
      target: arbitraryTarget,
      state: fc.constantFrom('completed', 'completed', 'torn'),
    }),
    { maxLength: 2, selector: ({ target }) => target.region },
  ),
  manualHours: fc
    .option(fc.integer({ min: 1, max: 400 }), { nil: null, freq: 6 })
    .map((many) => many),
  takenOver: fc.constantFrom(false, false, false, true),
});

const arbitrarySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: arbitrarySession },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: arbitraryPolicy }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('hold' as const, 'expiry' as const),
        on: fc.nat({ max: 20 }),
        hours,
      }),
    },
  ),
  { maxLength: 25, size: 'max' },
);

/** One instance, its stream and its sessions, and the policy of the moment. */
class Life {
  readonly events: InstanceEvent[] = [];
  sessions: NotedSession[] = [];
  policy: BackupPolicy | null = null;
  #instance: InstanceState = initialInstance;
  #now = Date.UTC(2026, 1, 20);

  step(step: Step): void {
    switch (step.kind) {
      case 'policy':
        this.policy = step.policy;
        return;
      case 'hold':
      case 'expiry':
        this.#mark(step.kind, step.on, step.hours);
        return;
      case 'session':
        this.#session(step);
    }
  }

  circumstances(
    during: NotedSession | null = null,
    instance = this.#instance,
  ): RetentionCircumstances {
    return {
      history: instanceHistory(this.sessions.map(sessionOf), instance),
      policy: this.policy,
      obsolete: keepObsolete,
      pointDependency: 'needs-parent',
      during: during === null ? null : noted.session(during.number),
      now: this.#now as TimestampMs,
    };
  }

  #session({
    engine,
    hoursLater,
    status,
    image,
    replicas,
    manualHours,
    takenOver,
  }: SessionStep): void {
    this.#now += hoursLater * hourMs;
    const number = this.sessions.length;
    const sessionId = noted.session(number);
    const [own, rival] = engine === 0 ? engines : engines.toReversed();
    assert.ok(own !== undefined && rival !== undefined);
    const common = { instanceId: web, purpose: 'backup', tags: {} } as const;
    this.#record({ type: 'ClaimSession', ...common, sessionId, engineId: own });
    const late = {
      ...common,
      sessionId: noted.session(99),
      engineId: rival,
    } as const;
    assert.throws(() => this.#decide({ type: 'ClaimSession', ...late }), { code: 'INSTANCE_BUSY' });
    if (takenOver) {
      this.#record({ type: 'TakeOverSession', instanceId: web, sessionId, engineId: rival });
    }
    const expiresAt = (this.#now + (manualHours ?? 0) * hourMs) as TimestampMs;
    const commits = image && status === 'succeeded';
    const parent = this.sessions.findLast(({ point }) => point === 'committed')?.number ?? null;
    const running: NotedSession = {
      number,
      takenAt: this.#now as TimestampMs,
      status: 'running',
      set: 'completed',
      volumes: ['root'],
      point: commits ? 'committed' : 'none',
      parent: commits && this.#isStored(parent) ? parent : null,
      replicas,
      origin: manualHours === null ? { kind: 'on-demand' } : { kind: 'manual', expiresAt },
      removedSets: [],
      removedPoints: [],
      removedReplicas: [],
      expiredPoints: [],
      halfRemovedSets: [],
    };
    const baseBefore = cbtBase(this.circumstances().history);
    this.sessions = [...this.sessions, running];
    this.sessions[number] = { ...running, ...this.#retention(running), status };
    this.#record({ type: 'ReleaseSession', sessionId });

    const { policy } = this;
    const wantsBase = policy?.image.level === 'on' && policy.image.changedBlockTracking === 'on';
    const baseAfter = cbtBase(this.circumstances().history);
    assert.ok(!wantsBase || baseBefore === null || baseAfter !== null, 'the base is gone');
    if (wantsBase && commits) assert.equal(baseAfter?.pointId, sessionId, 'the base moves');
  }

  #isStored(number: number | null): boolean {
    if (number === null) return false;
    const { points } = this.circumstances().history;
    return points.some(({ id, expired }) => id === noted.session(number) && expired === null);
  }

  /** Decides and carries out, and holds the plan to every property of the kit. */
  #retention(running: NotedSession): Partial<NotedSession> {
    const given = this.circumstances(running);
    for (const { name, check } of planProperties) {
      try {
        check(given);
      } catch (error) {
        throw new Error(`a plan ${name}\n${circumstancesInWords(given)}`, { cause: error });
      }
    }
    const plan = planRetention(given);
    const items = removalsOf(plan);
    const sessionId = noted.session(running.number);
    if (items.length > 0) this.#record({ type: 'BeginRemovals', sessionId, items, now: given.now });
    const { removals } = this.#instance;
    assert.deepEqual(removals?.withheld ?? [], [], 'nothing came between decision and removal');
    for (const item of items.slice(0, 1)) {
      const hold = { kind: 'legal-hold', note: '' } as const;
      const place = {
        type: 'PlaceHold',
        holdId: sampleIds.hold('late'),
        item,
        hold,
        now: given.now,
      } as const;
      assert.throws(() => this.#decide(place), { code: 'ITEM_BEING_REMOVED' });
    }
    const numbersOf = (ids: readonly string[]): number[] => ids.map((id) => Number(id.slice(1)));
    const idsOf = (kind: ItemRef['kind']): string[] =>
      items.filter((item) => item.kind === kind).map(({ id }) => id);
    return {
      removedSets: numbersOf(idsOf('snapshot-set')),
      removedReplicas: idsOf('replica'),
      removedPoints: numbersOf(idsOf('restore-point')),
      expiredPoints: numbersOf(expiriesOf(plan).map(({ id }) => id)),
    };
  }

  #mark(kind: 'hold' | 'expiry', on: number, many: number | null): void {
    const { sets, points } = this.circumstances().history;
    const items = [
      ...sets.map((set) => ({ ...set, item: { kind: 'snapshot-set', id: set.id } as const })),
      ...points.map((point) => ({
        ...point,
        item: { kind: 'restore-point', id: point.id } as const,
      })),
    ].filter(({ origin }) => kind === 'hold' || origin === 'manual');
    const found = items[on % Math.max(1, items.length)];
    if (found === undefined) return;
    const { item } = found;
    const now = this.#now as TimestampMs;
    const at = many === null ? null : ((now + many * hourMs) as TimestampMs);
    const holdId = sampleIds.hold(this.events.length);
    this.#record(
      kind === 'expiry'
        ? { type: 'SetExpiry', item, expiresAt: at, now }
        : {
            type: 'PlaceHold',
            holdId,
            item,
            hold: at === null ? { kind: 'legal-hold', note: '' } : { kind: 'lock', until: at },
            now,
          },
    );
  }

  #decide(command: InstanceCommand): readonly InstanceEvent[] {
    return decideInstance(command, this.#instance);
  }

  #record(command: InstanceCommand): void {
    for (const event of this.#decide(command)) {
      this.events.push(event);
      this.#instance = evolveInstance(this.#instance, event);
    }
  }
}

describe('retention, however policies change and whichever engine works,', () => {
  it('has every property at every session, and never loses the base while a policy wants it', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const life = new Life();
        for (const step of steps) life.step(step);
      }),
      { numRuns: 400 },
    );
  });

  it('plans the same from the events alone', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const life = new Life();
        for (const step of steps) life.step(step);
        const told = JSON.parse(JSON.stringify(life.events)) as readonly InstanceEvent[];
        const replayed = told.reduce(evolveInstance, initialInstance);
        assert.deepEqual(
          planRetention(life.circumstances(null, replayed)),
          planRetention(life.circumstances()),
        );
      }),
      { numRuns: 100 },
    );
  });
});
