import { randomBytes } from 'node:crypto';
import { AwsError } from '../aws-service.ts';
import type { EbsWrites, WrittenSnapshot } from '../ebs/ebs-writes.ts';
import { type Ec2World, checkTags, newResource } from './ec2-world.ts';

/** Snapshots that EBS direct writes, as EC2 shows them: pending until they are complete. */
export function createEc2Writes(world: Ec2World): EbsWrites {
  const byToken = new Map<string, { readonly asked: string; readonly written: WrittenSnapshot }>();
  const byId = new Map<string, WrittenSnapshot>();
  return {
    start(request) {
      const { region, sizeGib, description, tags, clientToken, keyArn } = request;
      const asked = JSON.stringify(request);
      const known = byToken.get(clientToken);
      if (known !== undefined) {
        if (known.asked === asked) return known.written;
        throw new AwsError('ConflictException', 409, 'The token was used with other parameters');
      }
      checkTags(tags);
      const id = `snap-${randomBytes(9).toString('hex').slice(0, 17)}`;
      const written: WrittenSnapshot = {
        id,
        knownAtMs: world.now() + world.timing.writableAfterMs,
        blocks: new Map(),
        state: 'open',
      };
      byToken.set(clientToken, { asked, written });
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
        imagePath: null,
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
