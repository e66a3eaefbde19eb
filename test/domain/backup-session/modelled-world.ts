import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import type { BackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import { unreachable } from '../../../src/domain/errors/unreachable.ts';
import {
  type InstanceHistory,
  instanceHistory,
} from '../../../src/domain/retention/instance-history.ts';
import {
  journeyCommands,
  journeyHistory,
  plannedVolume,
} from '../../support/domain/backup-journey.ts';

/** How one performance of a step goes. */
export interface Luck {
  readonly kind: 'good' | 'retryable-failure' | 'permanent-failure' | 'worker-lost' | 'cancelled';
  /** Of an effect that failed: whether it happened all the same, its answer being lost. */
  readonly effect: 'happened' | 'did-not-happen';
  /** How much of what is left of a transfer gets done, in percent. */
  readonly portion: number;
}

export const goodLuck: Luck = { kind: 'good', effect: 'happened', portion: 100 };

export interface WorldOptions {
  readonly transport: 'worker' | 'direct';
  /** Of workers, and failures of reading without one. */
  readonly workerAttemptsMax: number;
  /** Tries of a step before its failure is recorded. */
  readonly stepAttemptsMax: number;
  readonly plannedBlocks: readonly [root: number, data: number];
}

/**
 * The cloud and the repository, as far as leaving something behind goes, and the engine's rules
 * of what becomes a command. Effects happen here or not, whatever the events say of them.
 */
export class ModelledWorld {
  readonly #options: WorldOptions;
  readonly #workers = new Set<string>();
  #failures = 0;
  #setExists = false;
  #writerExists = false;
  #pointExists = false;
  #copiesExist = false;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  get has(): {
    readonly set: boolean;
    readonly writer: boolean;
    readonly point: boolean;
    readonly copies: boolean;
  } {
    return {
      set: this.#setExists,
      writer: this.#writerExists,
      point: this.#pointExists,
      copies: this.#copiesExist,
    };
  }

  /** What the engine would record after trying this step, or null when it tries again. */
  perform(step: BackupStep, session: StartedBackup, luck: Luck): BackupCommand | null {
    if (luck.kind === 'cancelled') {
      if (luck.effect === 'happened') this.#apply(step, session, luck);
      return journeyCommands.cancel;
    }
    if (luck.kind === 'worker-lost' && isWorkersStep(step)) {
      return journeyCommands.workerLost(this.#options.workerAttemptsMax);
    }
    if (luck.kind === 'worker-lost' && step.kind === 'read-directly' && step.attempt > 0) {
      return journeyCommands.directReadFailed(this.#options.workerAttemptsMax);
    }
    if (luck.kind === 'permanent-failure' || luck.kind === 'retryable-failure') {
      if (luck.effect === 'happened') this.#apply(step, session, luck);
      return this.#failed(step, session, luck.kind);
    }
    this.#failures = 0;
    return this.#apply(step, session, luck);
  }

  #failed(step: BackupStep, session: StartedBackup, kind: Luck['kind']): BackupCommand | null {
    const tolerated = failureThatOnlyWarns(step, kind);
    if (tolerated !== 'none') return tolerated;
    this.#failures += 1;
    const isFinal = kind === 'permanent-failure' || this.#failures >= this.#options.stepAttemptsMax;
    const canGiveUp =
      session.ending === null && session.point === null && session.retention === null;
    if (!isFinal || !canGiveUp) return null;
    this.#failures = 0;
    return journeyCommands.failure(step.kind);
  }

  #apply(step: BackupStep, session: StartedBackup, luck: Luck): BackupCommand {
    switch (step.kind) {
      case 'inspect-instance':
        return journeyCommands.inspected;
      case 'request-snapshots':
        return journeyCommands.requested;
      case 'take-snapshots':
        this.#setExists = true;
        return journeyCommands.taken;
      case 'settle-snapshots':
        return this.#setExists ? journeyCommands.taken : journeyCommands.abandoned;
      case 'await-snapshots':
        return journeyCommands.completed;
      case 'register-writer':
        this.#writerExists = true;
        return journeyCommands.writer;
      case 'plan-read': {
        const [root, data] = this.#options.plannedBlocks;
        const volumes = [plannedVolume('root', root), plannedVolume('data', data)];
        return { type: 'RecordReadPlan', volumes };
      }
      case 'launch-worker':
        this.#workers.add(`worker-${step.attempt}`);
        return journeyCommands.worker(step.attempt);
      case 'attach-volumes':
        return journeyCommands.attached;
      case 'transfer-blocks':
        return nextProgress(session, step.attempt, luck.portion);
      case 'read-directly':
        // Luck that is not whole: another engine goes on, as after a crash.
        return step.attempt === 0 || luck.portion < 20
          ? journeyCommands.directRead(step.attempt + 1)
          : nextProgress(session, step.attempt, luck.portion);
      case 'commit-point':
        this.#pointExists = true;
        return journeyCommands.committed;
      case 'remove-worker':
        this.#workers.clear();
        return journeyCommands.workerRemoved;
      case 'close-writer':
        this.#writerExists = false;
        return journeyCommands.writerClosed;
      case 'discard-writer':
        if (this.#pointExists) return journeyCommands.committed;
        this.#writerExists = false;
        return journeyCommands.writerClosed;
      case 'request-replica':
        return journeyCommands.replicaRequested;
      case 'start-replica':
        this.#copiesExist = true;
        return journeyCommands.replicaStarted;
      case 'await-replica':
        return journeyCommands.replicated;
      case 'abandon-replica':
        this.#copiesExist = false;
        return journeyCommands.replicaFailed;
      case 'decide-retention':
        return journeyCommands.retention(historyOf(session));
      case 'expire-points':
        return journeyCommands.expirePoints;
      case 'clear-removals':
        return journeyCommands.cleared;
      case 'remove-replica':
        return { ...journeyCommands.replicaRemoved, replicaSetId: step.replicaSetId };
      case 'remove-point':
        return { ...journeyCommands.pointRemoved, pointId: step.pointId };
      case 'remove-snapshots':
        return { ...journeyCommands.removed, setId: step.setId };
      case 'end-session':
        return journeyCommands.end;
      case 'nothing':
        throw new Error('an ended session is not performed');
      default:
        return unreachable(step);
    }
  }
}

/** What does not end the session: null to try again, `none` when there is no such failure. */
function failureThatOnlyWarns(step: BackupStep, kind: Luck['kind']): BackupCommand | null | 'none' {
  if (step.kind === 'remove-snapshots') {
    return { ...journeyCommands.notRemoved, setId: step.setId };
  }
  if (step.kind === 'remove-replica') {
    return { ...journeyCommands.replicaNotRemoved, replicaSetId: step.replicaSetId };
  }
  if (step.kind === 'remove-point') {
    return { ...journeyCommands.pointNotRemoved, pointId: step.pointId };
  }
  const isCopying =
    step.kind === 'start-replica' ||
    step.kind === 'await-replica' ||
    step.kind === 'abandon-replica';
  if (!isCopying) return 'none';
  if (kind === 'retryable-failure') return null;
  return { ...journeyCommands.replicaFailed, copies: 'perhaps-left' };
}

function isWorkersStep({ kind }: BackupStep): boolean {
  return kind === 'attach-volumes' || kind === 'transfer-blocks';
}

/** What an older session left, and what this one has made so far. */
function historyOf(session: StartedBackup): InstanceHistory {
  const own = instanceHistory([session]);
  const { sets, replicas, points, imageLevel } = journeyHistory();
  return {
    ...own,
    sets: [...sets.slice(0, 1), ...own.sets.map((set) => ({ ...set, order: 1 }))],
    replicas: [...replicas.slice(0, 1), ...own.replicas.map((one) => ({ ...one, order: 1 }))],
    points: [...points.slice(0, 1), ...own.points.map((point) => ({ ...point, order: 1 }))],
    imageLevel: [...imageLevel.slice(0, 1), ...own.imageLevel],
  };
}

function nextProgress(session: StartedBackup, attempt: number, portion: number): BackupCommand {
  const transfer = session.transfers.find(
    ({ endPlanned, plannedBlocks }) => endPlanned < plannedBlocks,
  );
  if (transfer === undefined) throw new Error('there is nothing left to transfer');
  const left = transfer.plannedBlocks - transfer.endPlanned;
  const blocks = Math.max(1, Math.floor((left * portion) / 100));
  const last = transfer.segments.at(-1);
  const firstSegment = last?.attempt === attempt ? last.endSegment : 0;
  return journeyCommands.transferred({
    volumeId: transfer.volumeId,
    attempt,
    firstSegment,
    endSegment: firstSegment + 1,
    endPlanned: transfer.endPlanned + blocks,
    blocksRead: blocks,
  });
}
