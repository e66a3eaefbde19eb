import type { SnapshotId } from '../../../domain/identifiers.ts';
import type { SnapshotDescription, Snapshots } from '../../../ports/cloud/snapshots.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { CaptureGate } from './capture-gate.ts';
import { createSet } from './create-set.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { mayBeOwned } from '../state/owner-marker.ts';
import { holdsAnyOf, listSnapshots } from './snapshot-catalogue.ts';
import type { SnapshotRecord, SnapshotSetRecord } from './snapshot-set-record.ts';

/** A signal that never aborts, for requests that bring none. */
const never = new AbortController().signal;

/**
 * The snapshots of a local cloud: complete as soon as they can be seen.
 *
 * A set whose record is damaged is an error for whoever asks for one of its snapshots by id, and
 * for `find` of the session that it belongs to, which the set's folder tells apart from its
 * record. `listOf` leaves it out.
 */
export function createLocalSnapshots(context: LocalCloudContext): Snapshots {
  const gate = new CaptureGate();
  const { snapshots } = context.folders;
  const list = async (
    concerns: (files: ReadonlySet<string>) => boolean,
  ): Promise<readonly SnapshotDescription[]> =>
    (await listSnapshots(snapshots, concerns)).map((snapshot) => describe(snapshot.set, snapshot));
  return {
    async createSet(request, { signal = never, ...rest } = {}) {
      const set = await gate.run(() => createSet(context, request, { ...rest, signal }), signal);
      return set.snapshots.map((snapshot) => describe(set, snapshot));
    },
    async find({ sessionId }) {
      const all = await list((files) => mayBeOwned(files, sessionId));
      return all.filter(({ owner }) => owner.sessionId === sessionId);
    },
    async listOf(instanceId) {
      const all = await listSnapshots(snapshots, () => false);
      return all
        .filter(({ set }) => set.instanceId === instanceId)
        .map((snapshot) => describe(snapshot.set, snapshot));
    },
    async describe(snapshotIds) {
      const wanted = new Set<SnapshotId>(snapshotIds);
      return (await list(holdsAnyOf(snapshotIds))).filter(({ snapshotId }) =>
        wanted.has(snapshotId),
      );
    },
    delete: (snapshotId) => deleteSnapshot(context, snapshotId),
  };
}

function describe(set: SnapshotSetRecord, snapshot: SnapshotRecord): SnapshotDescription {
  return {
    snapshotId: snapshot.snapshotId,
    setId: set.setId,
    // There is never a second set of an id.
    requestId: set.setId,
    owner: set.owner,
    volumeId: snapshot.volumeId,
    device: snapshot.device,
    sizeBytes: snapshot.sizeBytes,
    startedAt: set.startedAt,
    state: 'completed',
    stateMessage: '',
  };
}
