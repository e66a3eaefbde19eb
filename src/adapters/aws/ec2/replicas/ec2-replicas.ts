import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import { accountIdOf } from '../../../../domain/policy/account-role.ts';
import type { ReplicaDescription, Replicas } from '../../../../ports/cloud/replicas.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { RecentlyMade } from '../recently-made.ts';
import { deleteSnapshot } from '../snapshots/delete-snapshot.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { listSnapshots, listSnapshotsById } from '../snapshots/list-snapshots.ts';
import { trustedSnapshots } from '../snapshots/trusted-snapshots.ts';
import { copySnapshot } from './copy-snapshot.ts';
import { CopySlots } from './copy-slots.ts';
import { replicaDescriptionOf } from './replica-description.ts';
import { unshareSnapshot } from './share-snapshot.ts';

const regionPattern = /^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$/;

/**
 * Copies of snapshots in the regions of an account.
 *
 * @param home where the snapshots are
 * @param connection the account that the copies are in
 */
export function createEc2Replicas(home: Ec2Connection, connection: Ec2Connection): Replicas {
  const { keys, clock, limits } = connection;
  const recent = new RecentlyMade<ReplicaDescription>(clock, limits.appearanceMs);

  const withRecent = (
    region: Region,
    listed: Awaited<ReturnType<typeof listSnapshots>>,
    fits: (description: ReplicaDescription) => boolean,
  ): readonly ReplicaDescription[] => {
    const seen = listed.map(({ SnapshotId = '' }) => SnapshotId);
    const described = trustedSnapshots(connection, region, listed)
      .map((one) => replicaDescriptionOf(region, one))
      .filter((one) => one !== null);
    for (const one of described) recent.addShown(one.snapshotId, one, one.startedAt);
    const unseen = recent.unseen(seen, (one) => one.target.region === region && fits(one));
    return [...described, ...unseen];
  };
  const describe: Replicas['describe'] = async (region, snapshotIds) => {
    const listed = await listSnapshotsById(connection, region, snapshotIds);
    return withRecent(region, listed, ({ snapshotId }) => snapshotIds.includes(snapshotId));
  };
  const slots = new CopySlots(connection, async (region, snapshotIds) => {
    const pending = (await describe(region, snapshotIds)).filter(
      ({ state }) => state === 'pending',
    );
    return new Set(pending.map(({ snapshotId }) => snapshotId));
  });

  return {
    async copy(request, { signal } = {}) {
      const { region } = request.target;
      requireRegion(region);
      const begin = (): Promise<ReplicaDescription> =>
        copySnapshot(home, connection, request, signal);
      const copy = await slots.run(region, begin, signal);
      recent.add(copy.snapshotId, copy);
      return copy;
    },
    async find(region, { sessionId }) {
      const name = sealTagName(keys, { kind: 'session', sessionId });
      const listed = await listSnapshots(connection, region, tagKey(name));
      return withRecent(region, listed, ({ owner }) => owner.sessionId === sessionId);
    },
    describe,
    async delete(region, snapshotId) {
      await deleteSnapshot(connection, region, snapshotId, () => recent.has(snapshotId));
      recent.forget(snapshotId);
    },
    async releaseSources(sourceIds) {
      const { account } = connection;
      if (account === null) return;
      const listed = await listSnapshotsById(home, home.region, sourceIds);
      const itsOwn = new Set(
        listed
          .filter(({ OwnerId }) => OwnerId === accountIdOf(account))
          .map(({ SnapshotId }) => SnapshotId),
      );
      // Those that are not listed may be there all the same.
      for (const sourceId of sourceIds) {
        if (!itsOwn.has(sourceId)) await unshareSnapshot(home, sourceId, account);
      }
    },
  };
}

function requireRegion(region: Region): void {
  if (regionPattern.test(region)) return;
  throw new SnapledgerError('INVALID_ARGUMENT', `"${region}" is not the name of a region of AWS`, {
    remedy: 'Give a name such as eu-central-1.',
  });
}
