import { randomBytes } from 'node:crypto';
import type { EbsWrites, WrittenSnapshot } from '../ebs/ebs-writes.ts';
import { type Ec2World, checkTags, newResource } from './ec2-world.ts';

/** Snapshots that EBS direct writes, as EC2 shows them: pending until they are complete. */
export function createEc2Writes(world: Ec2World): EbsWrites {
  const byToken = new Map<string, WrittenSnapshot>();
  const byId = new Map<string, WrittenSnapshot>();
  return {
    start({ region, sizeGib, description, tags, clientToken, keyArn }) {
      const known = byToken.get(clientToken);
      if (known !== undefined) return known;
      checkTags(tags);
      const id = `snap-${randomBytes(9).toString('hex').slice(0, 17)}`;
      const written: WrittenSnapshot = {
        id,
        knownAtMs: world.now() + world.timing.writableAfterMs,
        blocks: new Map(),
        state: 'open',
      };
      byToken.set(clientToken, written);
      byId.set(id, written);
      world.snapshots.add({
        ...newResource(world, id, tags),
        region,
        volumeId: 'vol-ffffffff',
        sizeGib,
        description,
        completesAtMs: Infinity,
        failure: null,
        heldBy: null,
        keyId: keyArn,
        sharing: 'possible',
        readers: new Map(),
        written: written.blocks,
        discard: () => Promise.resolve(),
      });
      return written;
    },
    find: (snapshotId) =>
      world.snapshots.find(snapshotId) === undefined ? null : (byId.get(snapshotId) ?? null),
    complete(written) {
      written.state = 'complete';
      const snapshot = world.snapshots.find(written.id);
      if (snapshot !== undefined) snapshot.completesAtMs = world.now() + world.timing.snapshotMs;
    },
  };
}
