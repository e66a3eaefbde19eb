import type { Filter } from '@aws-sdk/client-ec2';
import type { SnapshotDescription, Snapshots } from '../../../../ports/cloud/snapshots.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { RecentlyMade } from '../recently-made.ts';
import { createSet } from './create-set.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { listSnapshots, listSnapshotsById } from './list-snapshots.ts';
import { snapshotDescriptionOf } from './snapshot-description.ts';
import { trustedSnapshots } from './trusted-snapshots.ts';

/** Snapshots of EBS volumes, known by their encrypted tags. */
export function createEc2Snapshots(connection: Ec2Connection): Snapshots {
  const { region, keys, clock, limits } = connection;
  const recent = new RecentlyMade<SnapshotDescription>(clock, limits.appearanceMs);

  const withRecent = (
    listed: Awaited<ReturnType<typeof listSnapshots>>,
    fits: (description: SnapshotDescription) => boolean,
  ): readonly SnapshotDescription[] => {
    const seen = listed.map(({ SnapshotId = '' }) => SnapshotId);
    const described = trustedSnapshots(connection, region, listed)
      .map(snapshotDescriptionOf)
      .filter((one) => one !== null);
    for (const one of described) recent.addShown(one.snapshotId, one, one.startedAt);
    return [...described, ...recent.unseen(seen, fits)].sort(
      (a, b) => a.startedAt - b.startedAt || (a.snapshotId < b.snapshotId ? -1 : 1),
    );
  };
  const tagged = (tagName: string): Promise<Awaited<ReturnType<typeof listSnapshots>>> =>
    listSnapshots(connection, region, tagKey(tagName));

  return {
    async createSet(request, options) {
      const made = await createSet(connection, request, options);
      for (const snapshot of made) recent.add(snapshot.snapshotId, snapshot);
      return made;
    },
    async find({ sessionId }) {
      const listed = await tagged(sealTagName(keys, { kind: 'session', sessionId }));
      return withRecent(listed, ({ owner }) => owner.sessionId === sessionId);
    },
    async listOf(instanceId) {
      const listed = await tagged(sealTagName(keys, { kind: 'instance', instanceId }));
      return withRecent(listed, ({ owner }) => owner.instanceId === instanceId);
    },
    async describe(snapshotIds) {
      const listed = await listSnapshotsById(connection, region, snapshotIds);
      return withRecent(listed, ({ snapshotId }) => snapshotIds.includes(snapshotId));
    },
    async delete(snapshotId) {
      await deleteSnapshot(connection, region, snapshotId, () => recent.has(snapshotId));
      recent.forget(snapshotId);
    },
  };
}

export function tagKey(name: string): Filter {
  return { Name: 'tag-key', Values: [name] };
}
