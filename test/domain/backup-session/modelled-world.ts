import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import type { BackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import { unreachable } from '../../../src/domain/errors/unreachable.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import {
  eventsAfter,
  journeyCommands,
  journeyHistory,
  plannedVolume,
  stateAfter,
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

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  get has(): { readonly set: boolean; readonly writer: boolean; readonly point: boolean } {
    return { set: this.#setExists, writer: this.#writerExists, point: this.#pointExists };
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
    if (luck.kind === 'permanent-failure' || luck.kind === 'retryable-failure') {
      if (luck.effect === 'happened') this.#apply(step, session, luck);
      return this.#failed(step, session, luck.kind);
    }
    this.#failures = 0;
    return this.#apply(step, session, luck);
  }

  #failed(step: BackupStep, session: StartedBackup, kind: Luck['kind']): BackupCommand | null {
    if (step.kind === 'remove-snapshots') {
      const { setId } = step;
      return { ...journeyCommands.notRemoved, setId };
    }
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
      case 'decide-retention':
        return journeyCommands.retention(historyOf(session));
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

function isWorkersStep({ kind }: BackupStep): boolean {
  return kind === 'attach-volumes' || kind === 'transfer-blocks';
}

/** The session before this one, and this one. */
function historyOf(session: StartedBackup): ReturnType<typeof instanceHistory> {
  const [old] = journeyHistory().chain;
  if (old === undefined) throw new Error('the sample history has an old set');
  const { setId, takenAt } = old;
  const before: StartedBackup = {
    ...stateAfter(eventsAfter([], journeyCommands.start('snapshot-only'))),
    status: 'succeeded',
    sessionId: old.sessionId,
    snapshotSet: { setId, state: 'completed', takenAt, snapshots: [] },
  };
  return instanceHistory([before, session]);
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
