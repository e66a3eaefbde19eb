import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { identityOf, type ProcessIdentity } from '../../../platform/process-identity.ts';
import { workerArguments } from './find-worker-process.ts';
import { workerFiles } from './worker-folder.ts';

export interface SpawnedWorker {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
}

/** What is started, and with what in its environment. */
export interface WorkerStart {
  readonly workerProgram: readonly string[];
  readonly workerEnvironment: Readonly<Record<string, string>>;
}

/**
 * Starts a worker's program as a process of its own, which outlives this one. Of this process's
 * environment it gets the search path and what it was given, and nothing else: a passphrase may be
 * in there.
 *
 * @throws WORKER_FAILED when it cannot be started.
 */
export async function spawnWorker(
  { workerProgram, workerEnvironment }: WorkerStart,
  workerFolder: string,
): Promise<SpawnedWorker> {
  const log = await open(path.join(workerFolder, workerFiles.log), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...workerProgram, ...workerArguments(workerFolder)], {
      cwd: workerFolder,
      detached: true,
      env: { ...workerEnvironment, PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['ignore', log.fd, log.fd],
    });
    if (child.pid === undefined) throw await spawnError(child);
    // In the same turn: even a child that has ended is not reaped yet and can be looked at.
    const identity = identityOf(child.pid);
    assert(identity !== null, 'a child that was not reaped has a status');
    child.unref();
    return { child, identity };
  } finally {
    await log.close();
  }
}

async function spawnError(child: ChildProcess): Promise<SnapledgerError> {
  const [cause]: readonly unknown[] = await once(child, 'error').catch((error: unknown) => [error]);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnapledgerError('WORKER_FAILED', `a worker could not be started (${reason})`, {
    cause,
    retry: 'retryable',
    remedy: 'Check the limits of this machine for processes and memory.',
  });
}
