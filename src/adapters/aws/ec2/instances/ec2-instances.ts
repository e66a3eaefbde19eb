import type { Instances } from '../../../../ports/cloud/instances.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { describeInstance, listLivingInstances } from './describe-instances.ts';

/** The instances of a region. */
export function createEc2Instances(connection: Ec2Connection): Instances {
  const mark = sealTagName(connection.keys, { kind: 'mark' });
  return {
    list: () =>
      listLivingInstances(connection, ({ Tags = [] }) => Tags.some(({ Key }) => Key === mark)),
    describe: (instanceId) => describeInstance(connection, instanceId),
  };
}
