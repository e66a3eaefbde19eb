import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import type { Check } from './checked-run.ts';

/** What the simulated world can do to a session. Anything else is a defect of the engine. */
const worldsDoing: ReadonlySet<string> = new Set<ErrorCode>([
  'LEDGER_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'PRESENCE_UNAVAILABLE',
  'TIMED_OUT',
  'STORE_FULL',
  'LIMIT_EXCEEDED',
  'CLOUD_STATE_CORRUPT',
  'DISK_UNREADABLE',
  'SNAPSHOT_FAILED',
  'WORKER_LOST',
  'WORKER_NOT_FOUND',
  // A zombie cleaned up and removed the volumes of its successor's worker.
  'DISK_MISSING',
  // A disk was replaced after the instance was inspected.
  'VOLUME_NOT_FOUND',
]);

/** What a replica can fail with besides: it is given up with its session, or zombies meddle. */
const replicasDoing: ReadonlySet<string> = new Set<ErrorCode>(['CANCELLED', 'SNAPSHOT_NOT_FOUND']);

/** Every failure, loss and warning has a cause that the simulation made. */
export const checkExplainedFailures: Check = ({ ledger }) =>
  ledger.backups.flatMap(({ sessionId, events }) =>
    events.flatMap(({ event }) => {
      if (!('problem' in event.data)) return [];
      const { code, message } = event.data.problem;
      if (worldsDoing.has(code)) return [];
      if (event.type === 'SpotRefused' && code === 'SPOT_REFUSED') return [];
      if (event.type === 'ReplicaFailed' && replicasDoing.has(code)) return [];
      return [`${event.type} of session ${sessionId} has no cause: ${code}, ${message}`];
    }),
  );
