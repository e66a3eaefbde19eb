import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Region } from '../../domain/identifiers.ts';
import type { ObjectStoreLocation } from '../../ports/object-store-location.ts';
import type { Ec2Choice } from '../vault-options.ts';
import { type CloudSetting, type Ec2Setting, problemOfEc2Setting } from './ec2-setting.ts';

/**
 * The setting of a new vault that was chosen, but for what is put into its repository first.
 *
 * @throws INVALID_ARGUMENT for names that cannot be, and for EC2 without a repository in S3
 */
export function cloudSettingOf(
  choice: Ec2Choice | undefined,
  repository: ObjectStoreLocation,
): CloudSetting {
  if (choice === undefined) return { kind: 'local' };
  const setting = ec2SettingOf(choice);
  const problem = problemOfEc2Setting(setting);
  if (problem !== null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `this cannot be the cloud of a vault: ${problem}`,
      {
        remedy: 'docs/aws.md says what is given for EC2, and where to find it.',
      },
    );
  }
  if (repository.kind === 's3') return setting;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    'the instances are in EC2 and the repository would be in a folder, which no worker there can reach',
    { remedy: "Give the repository a place in S3: '--repository s3://bucket/prefix'." },
  );
}

/** The same with the digest of the archive of Node, once that is in the repository. */
export function withNode(setting: CloudSetting, nodeSha256: string | null): CloudSetting {
  if (setting.kind === 'local' || setting.worker === null) return setting;
  return { ...setting, worker: { ...setting.worker, nodeSha256 } };
}

function ec2SettingOf({ region, worker }: Ec2Choice): Ec2Setting {
  const of = { kind: 'ec2', region: region as Region } as const;
  if (worker === undefined) return { ...of, worker: null };
  const { imageId, instanceType, subnetId, availabilityZone } = worker;
  const { securityGroupIds, instanceProfileArn } = worker;
  return {
    ...of,
    worker: {
      imageId,
      instanceType,
      subnetId,
      availabilityZone,
      securityGroupIds,
      instanceProfileArn,
      nodeSha256: null,
    },
  };
}
