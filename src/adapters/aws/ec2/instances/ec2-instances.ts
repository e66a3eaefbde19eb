import type { Instances } from '../../../../ports/cloud/instances.ts';
import { tagNamePrefix } from '../../tags/tag-name.ts';
import { restoredMark } from '../launches/restored-mark.ts';
import type { Ec2Access } from '../ec2-connection.ts';
import { createInstanceStores } from './instance-stores.ts';
import { describeInstance, listLivingInstances } from './describe-instances.ts';

/**
 * The instances of a region. The workers of this program, whatever repository they are of, are none
 * that could be backed up; they are known without any key. Instances that were restored are.
 */
export function createEc2Instances(access: Ec2Access): Instances {
  const storeOf = createInstanceStores(access);
  const list = (): ReturnType<typeof listLivingInstances> =>
    listLivingInstances(
      access,
      ({ Tags = [] }) =>
        Tags.some(({ Key = '' }) => Key.startsWith(tagNamePrefix)) &&
        !Tags.some(({ Key }) => Key === restoredMark),
    );
  return {
    readable: async () => ({ instances: await list(), unreadable: [] }),
    async describe(instanceId) {
      const { instanceType, notices, ...instance } = await describeInstance(access, instanceId);
      return { ...instance, notices: [...notices, ...(await storeOf(instanceType))] };
    },
  };
}
