import { DescribeInstanceTypesCommand, type Instance } from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceNotice } from '../../../../domain/instance/instance-notice.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Access } from '../ec2-connection.ts';

/** What is to be noticed of instances of a type on account of its instance store. */
export type InstanceStores = (instanceType: string) => Promise<readonly InstanceNotice[]>;

/** Each type is asked about once: what a type has never changes. There are fewer than a few thousand. */
export function createInstanceStores(access: Ec2Access): InstanceStores {
  const known = new Map<string, readonly InstanceNotice[]>();
  return async (instanceType) => {
    const found = known.get(instanceType);
    if (found !== undefined) return found;
    try {
      const sizeGb = await storeSizeGb(access, instanceType);
      if (sizeGb === null) return unknownStore;
      const notices: readonly InstanceNotice[] =
        sizeGb === 0 ? [] : [{ kind: 'instance-store', sizeGb }];
      known.set(instanceType, notices);
      return notices;
    } catch (error) {
      // No reason to back nothing up.
      if (!hasErrorCode(error, ...callEc2Codes)) throw error;
      return unknownStore;
    }
  };
}

/** Not remembered: the next answer may tell. */
const unknownStore: readonly InstanceNotice[] = [{ kind: 'instance-store-unknown' }];

const callEc2Codes = [
  'CLOUD_ACCESS_DENIED',
  'CLOUD_REFUSED',
  'CLOUD_UNAVAILABLE',
  'LIMIT_EXCEEDED',
] as const;

/** Null when EC2 says nothing of the type. */
async function storeSizeGb(access: Ec2Access, instanceType: string): Promise<number | null> {
  const { region } = access;
  const { InstanceTypes: [type] = [] } = await callEc2(
    access,
    { operation: 'DescribeInstanceTypes', region, repetition: 'safe' },
    (client, options) =>
      client.send(
        new DescribeInstanceTypesCommand({
          InstanceTypes: [instanceType as NonNullable<Instance['InstanceType']>],
        }),
        options,
      ),
  );
  return type === undefined ? null : (type.InstanceStorageInfo?.TotalSizeInGB ?? 0);
}
