import type { Region } from '../../domain/identifiers.ts';

/** Where the instances of a vault are. */
export type CloudSetting =
  /** Disk images of this machine. */
  { readonly kind: 'local' } | Ec2Setting;

/** A region of EC2. Who one is there is never part of it. */
export interface Ec2Setting {
  readonly kind: 'ec2';
  readonly region: Region;
  /** How worker instances are launched; null: none are, and only snapshots are made. */
  readonly worker: Ec2WorkerSetting | null;
}

export interface Ec2WorkerSetting {
  /** `ami-…` of a Linux that docs/aws.md describes. */
  readonly imageId: string;
  /** Of the same processor as the image: `c7g.large`. */
  readonly instanceType: string;
  /** `subnet-…` from which the bucket can be reached. */
  readonly subnetId: string;
  /** That of the subnet: `eu-central-1a`. */
  readonly availabilityZone: string;
  /** `sg-…`; at least one. */
  readonly securityGroupIds: readonly string[];
  /** The role by which a worker reaches the bucket: `arn:aws:iam::…:instance-profile/…`. */
  readonly instanceProfileArn: string;
  /** Hex SHA-256 of the archive of Node in the repository; null: the image has Node. */
  readonly nodeSha256: string | null;
}

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/;
/** EC2 takes five in its default quota, and sixteen at most. */
const securityGroupsMax = 16;

/** Each field of a worker's setting: what it has to look like, and an example. */
const workerFields: Readonly<
  Record<
    Exclude<keyof Ec2WorkerSetting, 'securityGroupIds' | 'nodeSha256'>,
    { readonly pattern: RegExp; readonly example: string }
  >
> = {
  imageId: { pattern: /^ami-[0-9a-f]{8,17}$/, example: 'ami-0123456789abcdef0' },
  instanceType: { pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/, example: 'c7g.large' },
  subnetId: { pattern: /^subnet-[0-9a-f]{8,17}$/, example: 'subnet-0123456789abcdef0' },
  availabilityZone: { pattern: /^[a-z0-9-]+-\d{1,2}[a-z]$/, example: 'eu-central-1a' },
  instanceProfileArn: {
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/,
    example: 'arn:aws:iam::111122223333:instance-profile/snapledger-worker',
  },
};

/** What is wrong with a setting, as the end of "it cannot be used: …"; null: nothing. */
export function problemOfEc2Setting({ region, worker }: Ec2Setting): string | null {
  if (!regionPattern.test(region)) return `"${region}" is no region (like eu-central-1)`;
  if (worker === null) return null;
  for (const [name, { pattern, example }] of Object.entries(workerFields)) {
    const value = worker[name as keyof typeof workerFields];
    if (!pattern.test(value)) return `the worker's ${name} "${value}" is not like ${example}`;
  }
  const rest = worker.availabilityZone.slice(region.length);
  // A zone is the region and a letter, a local zone has more after a hyphen.
  if (!worker.availabilityZone.startsWith(region) || !/^([a-z]$|-)/.test(rest)) {
    return `the worker's availabilityZone ${worker.availabilityZone} is not in ${region}`;
  }
  const { securityGroupIds: groups, nodeSha256 } = worker;
  if (groups.length === 0 || groups.length > securityGroupsMax) {
    return `a worker has 1 to ${securityGroupsMax} security groups`;
  }
  const strange = groups.find((id) => !/^sg-[0-9a-f]{8,17}$/.test(id));
  if (strange !== undefined) {
    return `the worker's security group "${strange}" is not like sg-0123456789abcdef0`;
  }
  if (nodeSha256 === null || /^[0-9a-f]{64}$/.test(nodeSha256)) return null;
  return "the worker's nodeSha256 is not a SHA-256 in hex";
}

/** The setting that a value of JSON is; null when fields are missing or of another kind. */
export function ec2SettingOf(value: unknown): Ec2Setting | null {
  const { kind, region, worker } = fieldsOf(value);
  if (kind !== 'ec2' || typeof region !== 'string') return null;
  if (worker === null || worker === undefined) {
    return { kind, region: region as Region, worker: null };
  }
  const setting = workerOf(fieldsOf(worker));
  return setting === null ? null : { kind, region: region as Region, worker: setting };
}

function workerOf(fields: Readonly<Record<string, unknown>>): Ec2WorkerSetting | null {
  const { imageId, instanceType, subnetId, availabilityZone, instanceProfileArn } = fields;
  const { securityGroupIds, nodeSha256 = null } = fields;
  if (!Array.isArray(securityGroupIds)) return null;
  const groups: readonly unknown[] = securityGroupIds;
  const isComplete =
    typeof imageId === 'string' &&
    typeof instanceType === 'string' &&
    typeof subnetId === 'string' &&
    typeof availabilityZone === 'string' &&
    typeof instanceProfileArn === 'string' &&
    groups.every((id) => typeof id === 'string') &&
    (typeof nodeSha256 === 'string' || nodeSha256 === null);
  if (!isComplete) return null;
  return {
    imageId,
    instanceType,
    subnetId,
    availabilityZone,
    securityGroupIds: groups,
    instanceProfileArn,
    nodeSha256,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
