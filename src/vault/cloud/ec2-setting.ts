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

/** What a value of JSON says of a cloud: a setting, or what is wrong with it. */
export type ReadEc2Setting =
  | { readonly setting: Ec2Setting; readonly problem: null }
  | { readonly setting: null; readonly problem: string };

/**
 * The setting that a value of JSON is. A field that nothing knows is a mistake too: a misspelt one
 * would count as left out, and `worker` and `nodeSha256` may be.
 */
export function readEc2Setting(value: unknown): ReadEc2Setting {
  const problem = problemOfFields(value);
  if (problem !== null) return { setting: null, problem };
  const {
    kind,
    region,
    worker = null,
  } = value as Omit<Ec2Setting, 'worker'> & {
    readonly worker?: WrittenWorker | null;
  };
  const setting: Ec2Setting = {
    kind,
    region,
    worker: worker === null ? null : { ...worker, nodeSha256: worker.nodeSha256 ?? null },
  };
  const wrong = problemOfEc2Setting(setting);
  return wrong === null ? { setting, problem: null } : { setting: null, problem: wrong };
}

type WrittenWorker = Omit<Ec2WorkerSetting, 'nodeSha256'> & {
  readonly nodeSha256?: string | null;
};

const settingFields: readonly string[] = ['kind', 'region', 'worker'];
const allWorkerFields: readonly string[] = [
  ...Object.keys(workerFields),
  'securityGroupIds',
  'nodeSha256',
];

/** What of the fields is missing, of another kind, or unknown; null: nothing. */
function problemOfFields(value: unknown): string | null {
  const fields = fieldsOf(value);
  const { kind, region, worker = null } = fields;
  const unknown = Object.keys(fields).find((name) => !settingFields.includes(name));
  if (unknown !== undefined) return unknownField(unknown, settingFields);
  if (kind !== 'ec2') return 'the kind is not "ec2"';
  if (typeof region !== 'string') return 'the region is missing, or no text';
  return worker === null ? null : problemOfWorkerFields(worker);
}

function problemOfWorkerFields(worker: unknown): string | null {
  if (typeof worker !== 'object') return 'the worker is neither null nor an object';
  const fields = fieldsOf(worker);
  const unknown = Object.keys(fields).find((name) => !allWorkerFields.includes(name));
  if (unknown !== undefined) return `of the worker ${unknownField(unknown, allWorkerFields)}`;
  const missing = Object.keys(workerFields).find((name) => typeof fields[name] !== 'string');
  if (missing !== undefined) return `the worker's ${missing} is missing, or no text`;
  const { securityGroupIds: groups, nodeSha256 = null } = fields;
  if (!Array.isArray(groups) || !groups.every((id) => typeof id === 'string')) {
    return "the worker's securityGroupIds are missing, or no list of texts";
  }
  if (nodeSha256 === null || typeof nodeSha256 === 'string') return null;
  return "the worker's nodeSha256 is neither null nor a text";
}

function unknownField(name: string, known: readonly string[]): string {
  return `"${name}" is not one of the fields ${known.join(', ')}`;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
