import path from 'node:path';
import type { TimestampMs, WorkerId } from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import type { ProcessIdentity } from '../../../platform/process-identity.ts';
import { workerIdPattern } from '../local-ids.ts';
import { formatOwner, parseOwner } from '../state/owner-field.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState, readStateFile } from '../state/state-file.ts';

/**
 * What a worker's folder holds. The worker's program is started with `--instance <this folder>`
 * and finds there what an EC2 instance finds in its metadata and among its devices.
 */
export const workerFiles = {
  /** Who it is and whom it belongs to; written before anything is started. */
  record: 'worker.json',
  /** For the worker: the bytes that the launch request carried. */
  userData: 'user-data',
  /** For the worker: each attached volume is a file here, named by its volume id. */
  devices: 'devices',
  /** What the worker wrote to its standard output and error. */
  log: 'log',
  /** The process that runs, or ran. */
  process: 'process.json',
  /** How it ended, if its launcher lived to see it. */
  exit: 'exit.json',
} as const;

/** `launcher-<n>`: a link whose target names the n-th process that undertook to start it. */
export const launcherPrefix = 'launcher-';

const recordVersion = 1;

export interface WorkerRecord {
  readonly workerId: WorkerId;
  readonly owner: ResourceOwner;
  readonly launchedAt: TimestampMs;
}

/** Exactly one of the two is known. */
export interface WorkerExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export function formatWorkerRecord({ owner, ...rest }: WorkerRecord): string {
  return formatState({ version: recordVersion, ...rest, owner: formatOwner(owner) });
}

/** Null when there is no such worker. @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export function readWorkerRecord(
  workersFolder: string,
  workerId: string,
): Promise<WorkerRecord | null> {
  const place = { parent: workersFolder, name: workerId };
  return readResource(place, workerFiles.record, (record) => {
    record.requireVersion(recordVersion);
    return {
      workerId: record.string('workerId', workerIdPattern) as WorkerId,
      owner: parseOwner(record.record('owner')),
      launchedAt: record.integer('launchedAt') as TimestampMs,
    };
  });
}

export function formatProcess(identity: ProcessIdentity): string {
  return formatState({ version: recordVersion, ...identity });
}

/** Null when none was recorded yet. */
export function readProcess(workerFolder: string): Promise<ProcessIdentity | null> {
  return readStateFile(path.join(workerFolder, workerFiles.process), (record) => {
    record.requireVersion(recordVersion);
    return {
      pid: record.integer('pid'),
      startTicks: record.integer('startTicks'),
      bootId: record.string('bootId', /^[0-9a-f]{32}$/),
      pidNamespace: record.string('pidNamespace', /^\d{1,20}$/),
    };
  });
}

export function formatExit(exit: WorkerExit): string {
  return formatState({ version: recordVersion, ...exit });
}

/** Null when nobody saw the end. */
export function readExit(workerFolder: string): Promise<WorkerExit | null> {
  return readStateFile(path.join(workerFolder, workerFiles.exit), (record) => {
    record.requireVersion(recordVersion);
    return {
      exitCode: record.optionalInteger('exitCode'),
      signal: record.optionalString('signal'),
    };
  });
}
