import type { ProcessIdentity } from '../../../platform/process-identity.ts';
import { findProcessByArguments } from './process-search.ts';
import { readLauncherClaim } from './launcher-claims.ts';
import { readProcess } from './worker-folder.ts';

/** The end of every worker's command line; what it is recognised by. */
export function workerArguments(workerFolder: string): readonly string[] {
  return ['--instance', workerFolder];
}

/** What is known of a worker's process. */
export type WorkerProcess =
  /** It was started and is recorded, or was found running; it may have ended since. */
  | { readonly kind: 'started'; readonly identity: ProcessIdentity; readonly recorded: boolean }
  /** A living launcher is about to start it. */
  | { readonly kind: 'starting' }
  /** The launcher died before, and there is no process. */
  | { readonly kind: 'never-started'; readonly claimNumber: number }
  /** The worker's folder is gone. */
  | { readonly kind: 'removed' };

export async function findWorkerProcess(workerFolder: string): Promise<WorkerProcess> {
  const early = await readProcess(workerFolder);
  if (early !== null) return { kind: 'started', identity: early, recorded: true };
  const claim = await readLauncherClaim(workerFolder);
  if (claim === null) return { kind: 'removed' };
  if (claim.holder === 'alive') return { kind: 'starting' };
  // It may have been recorded between the first look and the launcher's death.
  const late = await readProcess(workerFolder);
  if (late !== null) return { kind: 'started', identity: late, recorded: true };
  const found = await findProcessByArguments(workerArguments(workerFolder));
  return found === null
    ? { kind: 'never-started', claimNumber: claim.number }
    : { kind: 'started', identity: found, recorded: false };
}
