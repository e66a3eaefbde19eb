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

/** From the completed snapshots to the committed point of the last backup, by its own events. */
export async function transferSeconds(snapledger: Snapledger): Promise<number> {
  const sessions = JSON.parse((await snapledger('sessions', '--json')).stdout) as {
    readonly id: string;
  }[];
  const { stdout } = await snapledger('replay', sessions.at(-1)?.id ?? '', '--json');
  const events = JSON.parse(stdout) as { readonly type: string; readonly recordedAt: string }[];
  const at = (type: string): number => {
    const event = events.find((one) => one.type === type);
    if (event === undefined) throw new Error(`the session has no ${type}`);
    return Date.parse(event.recordedAt);
  };
  return (at('RestorePointCommitted') - at('SnapshotCompleted')) / 1000;
}
