import type { RestoreProgress, SessionEvent, SnapshotProgress } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { formatLocalClock } from '../output/format-time.ts';
import { StatusLine } from '../output/status-line.ts';
import { eventInWords } from '../wording/session-event.ts';
import {
  restoreProgressLine,
  snapshotProgressLine,
  transferProgressLine,
} from './progress-line.ts';
import { type TransferProgress, durableBlocksOf, progressAfter } from './transfer-progress.ts';

/** What a person wants to see while waiting; the record has the rest. */
const shownEvents: ReadonlySet<SessionEvent['event']['type']> = new Set([
  'SessionStarted',
  'SnapshotTaken',
  'ReadPlanned',
  'WorkerLaunched',
  'SpotRefused',
  'WorkerLost',
  'DirectReadStarted',
  'DirectReadFailed',
  'RestorePointCommitted',
  'SnapshotRemoved',
  'SnapshotRemovalFailed',
  'FailureDetected',
  'CancellationRequested',
  'RestoreStarted',
  'InstanceRestored',
  'VolumeRestored',
  'VolumeExchangeRequested',
  'InstanceStopped',
  'VolumeExchanged',
  'PutBackRequested',
  'VolumePutBack',
  'InstanceStarted',
  'KeptVolumeRemoved',
] as const);

/** Shows a session's progress on stderr while it runs; not for programs. */
export class ProgressDisplay {
  readonly #now: CliContext['now'];
  readonly #line: StatusLine;
  #progress: TransferProgress | null = null;

  constructor(context: CliContext) {
    this.#now = context.now;
    this.#line = new StatusLine(context);
  }

  async showEvent(event: SessionEvent): Promise<void> {
    const { recordedAt } = event;
    const progress = progressAfter(this.#progress, event);
    this.#progress = progress;
    if (event.event.type === 'BlocksTransferred' && progress !== null) {
      const complete = durableBlocksOf(progress) === progress.plannedBlocks;
      await this.#line.show({
        ...transferProgressLine(progress),
        at: recordedAt,
        stage: complete ? 'last' : 'under-way',
      });
    } else if (shownEvents.has(event.event.type)) {
      await this.note(`${formatLocalClock(recordedAt)}  ${eventInWords(event.event)}`);
    }
  }

  async showSnapshot(progress: SnapshotProgress): Promise<void> {
    const at = this.#now();
    await this.#line.show({
      ...snapshotProgressLine(progress, at),
      at,
      stage: progress.bytesDone === progress.bytesTotal ? 'last' : 'under-way',
    });
  }

  async showRestore(progress: RestoreProgress): Promise<void> {
    await this.#line.show({
      ...restoreProgressLine(progress),
      at: this.#now(),
      stage: progress.bytesDone === progress.bytesTotal ? 'last' : 'under-way',
    });
  }

  /** A line that stays. */
  async note(text: string): Promise<void> {
    await this.#line.note(text);
  }

  /** Leaves the last state of the bar where it is and goes on below it. */
  async end(): Promise<void> {
    await this.#line.end('keep');
  }
}
