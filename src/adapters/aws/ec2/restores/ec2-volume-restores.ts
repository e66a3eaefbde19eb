import type { Region } from '../../../../domain/identifiers.ts';
import type { SnapshotRestores, VolumeRestores } from '../../../../ports/cloud/volume-restores.ts';
import type { EbsConnection } from '../../ebs/ebs-connection.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { listInstances, listVolumes } from '../instances/describe-instances.ts';
import { listImages } from '../launches/restore-image.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { listSnapshots } from '../snapshots/list-snapshots.ts';
import { checkPlace } from './check-place.ts';
import { restoreRemnants } from './find-remnants.ts';
import { removeMade } from './remove-made.ts';
import { createSnapshotVolume } from './snapshot-volume.ts';
import { createTarget } from './snapshot-writer.ts';

/**
 * Volumes of restore points and snapshots. Of a point a snapshot is written, a volume is made of it, and the
 * snapshot removed.
 */
export function createEc2VolumeRestores(
  connection: Ec2Connection,
  ebsOf: (region: Region) => EbsConnection,
): VolumeRestores {
  return {
    ...createEc2SnapshotRestores(connection),
    target: (owner, place, source) =>
      createTarget(
        { connection: { ...connection, region: place.region }, ebs: ebsOf(place.region) },
        { owner, place, keyId: place.keyId, source },
      ),
  };
}

/** Volumes of snapshots, in the account of the connection. */
export function createEc2SnapshotRestores(connection: Ec2Connection): SnapshotRestores {
  const there = (region: Region): Ec2Connection => ({ ...connection, region });
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    checkPlace: async (place, volumes) => {
      checkPlace(place, volumes);
    },
    ofSnapshot: (request) => createSnapshotVolume(there(request.place.region), request),
    async find(region, { sessionId }) {
      const inRegion = there(region);
      const filter = tagKey(sealTagName(connection.keys, { kind: 'session', sessionId }));
      return restoreRemnants(inRegion, {
        instances: await listInstances(inRegion, [filter]),
        images: await listImages(inRegion, [filter]),
        snapshots: await listSnapshots(inRegion, region, filter),
        volumes: await listVolumes(inRegion, [filter]),
      });
    },
    remove: (region, remnant) => removeMade(there(region), remnant, () => false),
  };
}
