import assert from 'node:assert/strict';
import type { BackupSessionEvent } from '../../../../src/domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
  type StartedBackup,
} from '../../../../src/domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../../../src/domain/backup-session/evolve-backup.ts';
import type { InstanceId, TimestampMs } from '../../../../src/domain/identifiers.ts';
import {
  decideInstance,
  type InstanceCommand,
} from '../../../../src/domain/instance/decide-instance.ts';
import type { InstanceEvent } from '../../../../src/domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../../src/domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import { cbtBase } from '../../../../src/domain/retention/cbt-base.ts';
import { instanceHistory } from '../../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../../src/domain/retention/obsolete-rule.ts';
import { planRetention } from '../../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../../src/domain/retention/retention-circumstances.ts';
import { removalsOf } from '../../../../src/domain/retention/retention-plan.ts';
import { circumstancesInWords } from '../../../../src/verification/in-words.ts';
import { noted, type NotedSession } from '../../../../src/verification/noted-session.ts';
import { planProperties } from '../../../../src/verification/plan-properties.ts';
import {
  eventsBeforeRetention,
  eventsOfEnding,
  eventsOfRetention,
} from '../../../support/domain/noted-events.ts';
import { sampleIds } from '../../../support/domain/sample-ids.ts';
import type { SessionStep, Step } from './arbitrary-steps.ts';

const hourMs = 3_600_000;
const web = 'web' as InstanceId;
const engines = ['one', 'other'].map((name) => sampleIds.engine(name));

/** One instance, its stream and its sessions, and the policy of the moment. */
export class Life {
  readonly events: InstanceEvent[] = [];
  readonly sessions: { readonly note: NotedSession; readonly events: BackupSessionEvent[] }[] = [];
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

  circumstances(during: NotedSession | null = null): RetentionCircumstances {
    const streams = this.sessions.map(({ events }) => events);
    return {
      history: instanceHistory(streams.map(stateAfter), this.#instance),
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
    const last = this.sessions.findLast(({ note }) => note.point === 'committed');
    const parent = last?.note.number ?? null;
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
    const [before, after] = eventsOfEnding(status, running.takenAt);
    const events = [...eventsBeforeRetention(running, this.policy), ...before];
    this.sessions.push({ note: running, events });
    events.push(...this.#retention(running), ...after);
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
  #retention(running: NotedSession): readonly BackupSessionEvent[] {
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
    return eventsOfRetention(plan);
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

export function stateAfter(events: readonly BackupSessionEvent[]): StartedBackup {
  const state = events.reduce<BackupSession>(evolveBackup, initialBackupSession);
  assert.ok(state.status !== 'not-started');
  return state;
}
