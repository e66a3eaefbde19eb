import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { PointId, TimestampMs } from '../identifiers.ts';
import { planRetention } from '../retention/plan-retention.ts';
import { recordPlan } from '../retention/recorded-plan.ts';
import type { RetentionCommand } from './backup-commands.ts';
import type { BackupSessionEvent } from './backup-events.ts';
import type { StartedBackup } from './backup-session.ts';
import type { BackupStep } from './backup-step.ts';
import { expectStep } from './expect-step.ts';

/**
 * What happens when a running session is told of retention: the events of `retentionStep`'s outcomes.
 *
 * @throws ILLEGAL_TRANSITION when `step`, the session's next one, is not the one whose outcome this is
 */
export function decideRetention(
  command: RetentionCommand,
  step: BackupStep,
  state: StartedBackup,
): readonly BackupSessionEvent[] {
  switch (command.type) {
    case 'DecideRetention': {
      expectStep(command, step, 'decide-retention');
      const { policy, sessionId: during } = state;
      const plan = planRetention({ ...command, policy, during });
      return [{ type: 'RetentionDecided', data: recordPlan(plan) }];
    }
    case 'ExpirePoints': {
      const { pointIds } = expectStep(command, step, 'expire-points');
      return expired(state, pointIds, command.now);
    }
    case 'RecordRemovalsCleared': {
      expectStep(command, step, 'clear-removals');
      return [{ type: 'RemovalsCleared', data: { withheld: command.withheld } }];
    }
    case 'RecordSnapshotRemoved': {
      const { setId } = expectStep(command, step, 'remove-snapshots');
      assert(setId === command.setId, 'the set that was removed is the one recorded');
      return [{ type: 'SnapshotRemoved', data: { setId, snapshotIds: command.snapshotIds } }];
    }
    case 'RecordSnapshotNotRemoved': {
      const { setId } = expectStep(command, step, 'remove-snapshots');
      assert(setId === command.setId, 'the set that was not removed is the one recorded');
      return [{ type: 'SnapshotRemovalFailed', data: { setId, problem: command.problem } }];
    }
    case 'RecordReplicaRemoved': {
      const { replicaSetId } = expectStep(command, step, 'remove-replica');
      const { snapshotIds } = command;
      assert(replicaSetId === command.replicaSetId, 'the replica that was removed is recorded');
      return [{ type: 'ReplicaRemoved', data: { replicaSetId, snapshotIds } }];
    }
    case 'RecordReplicaNotRemoved': {
      const { replicaSetId } = expectStep(command, step, 'remove-replica');
      const { problem } = command;
      assert(replicaSetId === command.replicaSetId, 'the replica that was tried is recorded');
      return [{ type: 'ReplicaRemovalFailed', data: { replicaSetId, problem } }];
    }
    case 'RecordPointRemoved': {
      const { pointId } = expectStep(command, step, 'remove-point');
      assert(pointId === command.pointId, 'the point that was removed is the one recorded');
      return [{ type: 'RestorePointRemoved', data: { pointId } }];
    }
    case 'RecordPointNotRemoved': {
      const { pointId } = expectStep(command, step, 'remove-point');
      const { problem } = command;
      assert(pointId === command.pointId, 'the point that was tried is the one recorded');
      return [{ type: 'RestorePointRemovalFailed', data: { pointId, problem } }];
    }
    default:
      return unreachable(command);
  }
}

function expired(
  { retention }: StartedBackup,
  pointIds: readonly PointId[],
  expiredAt: TimestampMs,
): readonly BackupSessionEvent[] {
  return pointIds.map((pointId) => {
    const point = retention?.points.expire.find(({ id }) => id === pointId);
    assert(point !== undefined, 'a point expires because retention decided so');
    return { type: 'RestorePointExpired', data: { pointId, reasons: point.reasons, expiredAt } };
  });
}
