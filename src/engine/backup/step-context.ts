import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { WithheldItem } from '../../domain/instance/hold.ts';
import type { ObsoleteRule } from '../../domain/retention/obsolete-rule.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { BackupRequest } from '../engine-requests.ts';
import type { DirectReadSlot } from './direct-read-slot.ts';
import type { SnapshotWaiters } from './snapshot-waiters.ts';
import type { WorkerWatch } from './worker-watch.ts';

/** What a step may use. */
export interface StepContext extends Pick<BackupRequest, 'onProgress'> {
  readonly engine: EngineContext;
  /** The session as it is before the step. */
  readonly session: StartedBackup;
  /**
   * What is known of the instance, this session included; restores of its points that have not ended
   * only when they are asked for.
   */
  readonly history: (restores?: 'with-restores') => Promise<InstanceHistory>;
  /** Points that a verification found to be damaged. */
  readonly damagedPoints: () => Promise<ReadonlySet<PointId>>;
  /** What becomes of items that no policy rules over. */
  readonly obsoleteRule: () => Promise<ObsoleteRule>;
  /**
   * Has the instance's stream clear what is to be removed: from then on nobody can hold it. Gives
   * what was held before; the same answer however often a session asks.
   */
  readonly clearRemovals: (items: readonly ItemRef[]) => Promise<readonly WithheldItem[]>;
  /** Has the rules keep a point until its date, before which nobody could remove it. */
  readonly lockPoint: (point: Pick<PointManifest, 'pointId' | 'lockedUntil'>) => Promise<void>;
  readonly waiters: SnapshotWaiters;
  /** What this process has seen of the session's worker; another engine begins with an empty one. */
  readonly workerWatch: WorkerWatch;
  /** What this process reads of the session's snapshots itself. */
  readonly directRead: DirectReadSlot;
  /** Aborts when the session is cancelled or the engine closes. */
  readonly signal: AbortSignal;
}
