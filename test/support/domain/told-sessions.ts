import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import {
  type InstanceHistory,
  instanceHistory,
} from '../../../src/domain/retention/instance-history.ts';
import { eventsOf, journeyCommands, stateAfter } from './backup-journey.ts';
import { atHour, sampleIds } from './sample-ids.ts';

/** A session of which a test tells only what retention looks at. */
export interface ToldSession {
  readonly name: string | number;
  readonly takenAtHour: number;
  /** Default: `succeeded`. */
  readonly status?: 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Default: `completed`. */
  readonly set?: 'requested' | 'taken' | 'completed' | 'abandoned' | 'none';
  /** Whether it committed a restore point. Default: `no-point`. */
  readonly image?: 'point' | 'no-point';
  /** Names of the sets that its retention removed. */
  readonly removed?: readonly (string | number)[];
}

/** The state that such a session has. */
export function toldSession(told: ToldSession): StartedBackup {
  const { name, takenAtHour, status = 'succeeded', set = 'completed', removed = [] } = told;
  const sessionId = sampleIds.session(name);
  const isTaken = set === 'taken' || set === 'completed';
  const snapshot = {
    snapshotId: sampleIds.snapshot(name),
    volumeId: sampleIds.volume('root'),
    device: sampleIds.device('xvda'),
    sizeBytes: 524_288,
  };
  return {
    ...stateAfter(eventsOf(journeyCommands.start('image-level'))),
    sessionId,
    status,
    snapshotSet:
      set === 'none'
        ? null
        : {
            setId: sampleIds.set(name),
            state: set,
            takenAt: isTaken ? atHour(takenAtHour) : null,
            snapshots: isTaken ? [snapshot] : [],
          },
    point:
      told.image === 'point'
        ? { pointId: sessionId, committedAt: atHour(takenAtHour + 0.5), volumes: [] }
        : null,
    removed: { sets: removed.map(sampleIds.set), replicas: [], points: [] },
  };
}

/** What is known of an instance that had these sessions, in this order. */
export function historyOf(...sessions: readonly ToldSession[]): InstanceHistory {
  return instanceHistory(sessions.map(toldSession));
}
