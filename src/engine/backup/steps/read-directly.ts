import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { isSnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { problemOf } from '../../problem-of.ts';
import { retryDelayMs } from '../../retry/retry-delay.ts';
import { beginDirectRead } from '../direct-read.ts';
import type { StepContext } from '../step-context.ts';
import { untransferredVolumes } from '../untransferred-volumes.ts';

/**
 * Reads the snapshots in this process until there is something to record: a new attempt, progress of
 * a volume, or a failure. Asked again, it goes on where it was.
 *
 * An attempt is recorded before it reads anything. One that this process did not begin was that of an
 * engine that is dead, or is taken for dead: what it still stores is looked at by nobody.
 */
export async function readDirectly(context: StepContext, attempt: number): Promise<BackupCommand> {
  const { directRead, engine, signal } = context;
  if (attempt === 0 || directRead.current?.attempt !== attempt) {
    await closeDirectRead(context);
    await pauseAfterFailures(context);
    directRead.current = beginDirectRead(context, attempt + 1);
    return { type: 'BeginDirectRead', attempt: attempt + 1 };
  }
  try {
    const progress = await directRead.current.next();
    assert(progress !== null, 'a transfer does not end before its plan');
    const [volume, ...others] = untransferredVolumes(context.session);
    const isAll = others.length === 0 && progress.endPlanned === volume?.planned.plannedBlocks;
    if (isAll) await closeDirectRead(context);
    return { type: 'RecordTransfer', progress };
  } catch (error) {
    await closeDirectRead(context);
    if (signal.aborted) throw error;
    const isPermanent = isSnapledgerError(error) && error.retry === 'permanent';
    return {
      type: 'RecordDirectReadFailed',
      problem: problemOf(error),
      failuresMax: isPermanent ? 1 : engine.limits.directReadFailuresMax,
    };
  }
}

/** What failed a moment ago is given time before the next attempt. */
async function pauseAfterFailures({ engine, session, signal }: StepContext): Promise<void> {
  const { worker } = session;
  if (worker.state !== 'direct' || worker.failures === 0) return;
  const { clock, limits, random } = engine;
  await clock.sleep(retryDelayMs(limits.retry, worker.failures, random), signal);
}

/** Ends what this process reads of the session, if it does. */
export async function closeDirectRead({
  directRead,
}: Pick<StepContext, 'directRead'>): Promise<void> {
  const { current } = directRead;
  directRead.current = null;
  await current?.close();
}
