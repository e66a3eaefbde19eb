import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import type { InstanceState } from '../../../src/domain/instance/instance-state.ts';
import type { OpenRestore } from '../../../src/domain/retention/history-facts.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import type { RetentionPlan } from '../../../src/domain/retention/retention-plan.ts';
import type { RetentionSettings } from '../../../src/domain/retention/retention-settings.ts';
import { type NotedSession, sessionOf } from '../../../src/verification/noted-session.ts';
import { samplePolicy } from './sample-policy.ts';
import { sampleIds } from './sample-ids.ts';

/** Noon of a day of January 2026, and so on: day 32 is in February. */
export function onDay(day: number): TimestampMs {
  return Date.UTC(2026, 0, day, 12) as TimestampMs;
}

/**
 * One session a day, numbered from 0 on; what it made is `s0` (set), `r0-west` (replica), `p0`
 * (point).
 */
export function daily(...sessions: readonly Partial<NotedSession>[]): readonly NotedSession[] {
  return sessions.map((told, number) => ({
    number,
    takenAt: onDay(number + 1),
    status: 'succeeded',
    set: 'completed',
    volumes: ['root'],
    point: 'none',
    parent: null,
    replicas: [],
    origin: { kind: 'on-demand' },
    removedSets: [],
    removedPoints: [],
    removedReplicas: [],
    expiredPoints: [],
    halfRemovedSets: [],
    ...told,
  }));
}

export const west = { region: sampleIds.region('west'), keyId: null, account: null };
export const image = { point: 'committed' } as const;

export function keepNewest(count: number): RetentionSettings {
  return { count, age: null, gfs: null };
}

export interface PlannedPolicyOptions {
  readonly sets?: RetentionSettings;
  readonly points?: RetentionSettings;
  readonly replicas?: BackupPolicy['replicas'];
  readonly level?: 'on' | 'off';
  readonly changedBlockTracking?: 'on' | 'off';
  readonly baseMoves?: BackupPolicy['snapshots']['baseMoves'];
}

/** Keeps one set and all points, unless told otherwise. */
export function plannedPolicy(options: PlannedPolicyOptions = {}): BackupPolicy {
  const usual = samplePolicy();
  const { baseMoves = 'before-retention', level = 'on', changedBlockTracking = 'on' } = options;
  const retention = options.points ?? usual.image.retention;
  return {
    ...usual,
    snapshots: {
      schedules: [],
      retention: options.sets ?? keepNewest(1),
      baseMoves,
      volumeTags: 'leave',
    },
    replicas: options.replicas ?? [],
    image: { ...usual.image, level, changedBlockTracking, retention },
  };
}

export interface Planned extends Partial<Omit<RetentionCircumstances, 'history'>> {
  readonly instance?: InstanceState;
  readonly restores?: readonly OpenRestore[];
}

export function circumstancesOf(
  sessions: readonly NotedSession[],
  { instance, restores, ...others }: Planned = {},
): RetentionCircumstances {
  return {
    history: instanceHistory(sessions.map(sessionOf), instance, restores),
    policy: plannedPolicy(),
    obsolete: keepObsolete,
    pointDependency: 'independent',
    during: null,
    now: onDay(sessions.length),
    ...others,
  };
}

export function planOfSessions(
  sessions: readonly NotedSession[],
  planned: Planned = {},
): RetentionPlan {
  return planRetention(circumstancesOf(sessions, planned));
}

/** `id reason reason …` of each item of a list. */
export function inWords(
  items: readonly { readonly id: string; readonly reasons: readonly { readonly kind: string }[] }[],
): readonly string[] {
  return items.map(({ id, reasons }) => [id, ...reasons.map(({ kind }) => kind)].join(' '));
}
