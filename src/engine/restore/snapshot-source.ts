import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  Region,
  SessionId,
  SnapshotId,
  VolumeId,
} from '../../domain/identifiers.ts';
import { assert } from '../../domain/errors/assert.ts';
import { adoptedItem } from '../../domain/adoption/adopted-item.ts';
import { assertNotBeingRemoved } from '../../domain/instance/split-removals.ts';
import type { AccountRole } from '../../domain/policy/account-role.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { CloudPlace } from '../../domain/policy/cloud-place.ts';
import { roleFor } from '../../domain/retention/replica-policy.ts';
import { type InstanceHistory, instanceHistory } from '../../domain/retention/instance-history.ts';
import type { ReplicaItem, SnapshotSetItem } from '../../domain/retention/history-items.ts';
import type { TakenSnapshot } from '../../domain/backup-session/backup-events.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import {
  isSameItem,
  type ItemRef,
  removalsOf,
  type SnapshotItemRef,
} from '../../domain/retention/retention-plan.ts';
import { loadRecords } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** A snapshot set, or a replica of one, that something can be restored from. */
export interface SnapshotSource {
  readonly instanceId: InstanceId;
  readonly item: SnapshotItemRef;
  /** The session whose events describe it: that which took the set, or has adopted it. */
  readonly describedBy: SessionId;
  /** Where its snapshots are: of a replica, that of its target, with the role of the last policy. */
  readonly place: CloudPlace;
  readonly volumes: readonly SnapshotVolume[];
}

export interface SnapshotVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly snapshotId: SnapshotId;
}

/**
 * Looks the item up in the ledger; the cloud is not asked.
 *
 * @throws UNKNOWN_ITEM when it exists no more, ITEM_BEING_REMOVED, INVALID_ARGUMENT when it is not whole
 */
export async function snapshotSource(
  ledger: Ledger,
  instanceId: InstanceId,
  item: SnapshotItemRef,
): Promise<SnapshotSource> {
  const { instance, sessions } = await loadRecords(ledger, instanceId, { sensitive: 'left' });
  const history = instanceHistory(sessions, instance);
  const found = itemOf(history, item);
  if (found === undefined) throw gone(item);
  assertNotBeingRemoved(item, instance);
  assertNotDecided(item, sessions);
  const { condition, snapshots } = found;
  const { describedBy, home, taken } = descriptionOf(found, sessions);
  if (condition !== 'complete') throw notWhole(item);
  const volumes = snapshots.map(({ snapshotId, volumeId }): SnapshotVolume => {
    const described = taken.find((one) => one.volumeId === volumeId);
    assert(described !== undefined, 'a replica has copies of the snapshots of its set');
    const { device, sizeBytes } = described;
    return { volumeId, device, sizeBytes, snapshotId };
  });
  return { instanceId, item, describedBy, place: placeOf(found, home, sessions), volumes };
}

/**
 * The account that what a restore was made of is in, whether or not that exists any more: what such a
 * restore has made is there, too.
 */
export async function accountOfSource(
  ledger: Ledger,
  instanceId: InstanceId,
  { kind, id }: ItemRef,
): Promise<AccountRole | null> {
  if (kind !== 'replica') return null;
  const { sessions } = await loadRecords(ledger, instanceId, { sensitive: 'left' });
  const replica = sessions
    .flatMap(({ replicas, adopted }) => [...replicas, ...adopted.replicas])
    .find(({ replicaSetId }) => replicaSetId === id);
  return replica === undefined ? null : roleOfLastPolicy(sessions, replica.target);
}

function placeOf(
  found: ReplicaItem | SnapshotSetItem,
  home: Region,
  sessions: readonly StartedBackup[],
): CloudPlace {
  if (!('target' in found)) return { region: home, account: null };
  const { region } = found.target;
  return { region, account: roleOfLastPolicy(sessions, found.target) };
}

function roleOfLastPolicy(
  sessions: readonly StartedBackup[],
  target: ReplicaTarget,
): AccountRole | null {
  const last = sessions.findLast(({ policy }) => policy !== null);
  return roleFor(last?.policy ?? null, target);
}

interface SourceDescription {
  readonly describedBy: SessionId;
  /** The region of the instance. */
  readonly home: Region;
  readonly taken: readonly TakenSnapshot[];
}

function descriptionOf(
  { id, sessionId }: SnapshotSetItem | ReplicaItem,
  sessions: readonly StartedBackup[],
): SourceDescription {
  for (const { sessionId: describedBy, adopted } of sessions) {
    const one = adoptedItem(adopted, id);
    if (one !== undefined) return { describedBy, home: one.region, taken: one.snapshots };
  }
  const session = sessions.find((one) => one.sessionId === sessionId);
  const set = session?.snapshotSet ?? null;
  const instance = session?.instance ?? null;
  assert(
    set !== null && instance !== null,
    'a set is of a session that has looked at its instance',
  );
  return { describedBy: sessionId, home: instance.region, taken: set.snapshots };
}

/**
 * What a session that has not ended is about to remove, it may remove at any time, also where its engine
 * has died: whoever goes on with it does not look again for restores.
 */
function assertNotDecided(item: SnapshotItemRef, sessions: readonly StartedBackup[]): void {
  const session = sessions.find(
    ({ status, retention, withheld }) =>
      status === 'running' &&
      retention !== null &&
      removalsOf(retention).some((one) => isSameItem(one, item)) &&
      !(withheld ?? []).some((one) => isSameItem(one.item, item)),
  );
  if (session === undefined) return;
  throw new SnapledgerError(
    'ITEM_BEING_REMOVED',
    `session ${session.sessionId} has decided to remove ${item.kind} ${item.id}`,
    { remedy: 'It is too late for this one; take another one.' },
  );
}

function itemOf(
  { sets, replicas }: InstanceHistory,
  { kind, id }: SnapshotItemRef,
): SnapshotSetItem | ReplicaItem | undefined {
  return kind === 'snapshot-set'
    ? sets.find((set) => set.id === id)
    : replicas.find((replica) => replica.id === id);
}

function gone({ kind, id }: SnapshotItemRef): SnapledgerError {
  return new SnapledgerError('UNKNOWN_ITEM', `${kind} ${id} exists no more`, {
    remedy: `'snapledger why ${id}' tells what became of it.`,
  });
}

function notWhole({ kind, id }: SnapshotItemRef): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `${kind} ${id} is not complete: nothing can be restored from it`,
    { remedy: "Wait until its session has ended, or name another one ('snapledger snapshots')." },
  );
}
