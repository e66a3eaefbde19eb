import { join } from 'node:path';
import { type ProcessOptions, type ProcessRun, runProcess } from './run-process.ts';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'snapledger.js');

/** Runs a command on a vault. Its workers count to its memory. */
export type Snapledger = (...args: readonly string[]) => Promise<ProcessRun>;

export function snapledgerOn(
  vault: string,
  options: Pick<ProcessOptions, 'sampleEveryMs'> = {},
): Snapledger {
  const env = { SNAPLEDGER_VAULT: vault, SNAPLEDGER_PASSPHRASE: 'bench' };
  return (...args) =>
    runProcess(process.execPath, [launcher, ...args], { env, belongs: vault, ...options });
}

/** When the snapshots of a backup were complete, and when its point was committed, by its own events. */
export interface TransferTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Of every backup session, in the order in which they began. */
export async function transferTimes(snapledger: Snapledger): Promise<readonly TransferTime[]> {
  const { stdout } = await snapledger('sessions', '--json');
  const sessions = JSON.parse(stdout) as { readonly id: string; readonly kind: string }[];
  const backups = sessions.filter(({ kind }) => kind === 'backup');
  return await Array.fromAsync(backups, ({ id }) => transferTime(snapledger, id));
}

/** From the completed snapshots to the committed point of the last backup. */
export async function transferSeconds(snapledger: Snapledger): Promise<number> {
  const { stdout } = await snapledger('sessions', '--json');
  const last = (JSON.parse(stdout) as { readonly id: string }[]).at(-1);
  const { fromMs, toMs } = await transferTime(snapledger, last?.id ?? '');
  return (toMs - fromMs) / 1000;
}

async function transferTime(snapledger: Snapledger, session: string): Promise<TransferTime> {
  const { stdout } = await snapledger('replay', session, '--json');
  const events = JSON.parse(stdout) as { readonly type: string; readonly recordedAt: string }[];
  const at = (type: string): number => {
    const event = events.find((one) => one.type === type);
    if (event === undefined) throw new Error(`the session has no ${type}`);
    return Date.parse(event.recordedAt);
  };
  return { fromMs: at('SnapshotCompleted'), toMs: at('RestorePointCommitted') };
}
