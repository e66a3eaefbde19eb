import type { EbsData } from '../ebs/ebs-data.ts';
import type { Ec2World } from './ec2-world.ts';
import { stateOf } from './snapshot-operations.ts';

/** The snapshots of a fake EC2 as its fake of EBS direct shows them: in the state that EC2 has them in. */
export function ec2EbsData(world: Ec2World, data: EbsData): EbsData {
  return {
    ...data,
    async find(snapshotId) {
      const snapshot = world.snapshots.find(snapshotId);
      const found = await data.find(snapshotId);
      if (found === null || snapshot === undefined) return null;
      if (snapshot.tier === 'archive') return { ...found, state: 'archived' };
      return {
        ...found,
        state: stateOf(world, snapshot) === 'completed' ? 'completed' : 'pending',
      };
    },
  };
}
