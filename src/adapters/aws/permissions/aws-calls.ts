/**
 * Who makes a call: the engine, the program of a worker, an engine that may restore to original places, as
 * far as that takes more, or the engine in the role of another account.
 */
export type AwsCaller = 'engine' | 'worker' | 'original' | 'account';

/** What the permission for a call can be confined to. */
export type CallScope =
  /** Descriptions of EC2 know no resources. */
  | { readonly kind: 'everything' }
  /** Resources of EC2 that carry the mark of the repository. */
  | { readonly kind: 'marked'; readonly resources: readonly Ec2ResourceType[] }
  /**
   * Resources that the request makes, which must carry a mark of snapledger from the beginning on,
   * and such as it uses.
   */
  | {
      readonly kind: 'made';
      readonly makes: readonly Ec2ResourceType[];
      readonly uses: readonly Ec2ResourceType[];
    }
  /** Resources of EC2 that were there before, and carry no mark. */
  | { readonly kind: 'unmarked'; readonly resources: readonly Ec2ResourceType[] }
  /** Tags of snapledger, and no others. */
  | {
      readonly kind: 'own-tags';
      readonly resources: readonly Ec2ResourceType[];
      /** `marked`: of what carries the mark already. */
      readonly of: 'anything' | 'marked';
    }
  /** The roles by which other accounts are entered. */
  | { readonly kind: 'roles' }
  /** Snapshots that carry the mark, and which of the accounts of those roles may read them. */
  | { readonly kind: 'readers' }
  | { readonly kind: 'bucket' }
  | {
      readonly kind: 'objects';
      /** What their keys begin with in the repository; empty: all of it. */
      readonly under: readonly ('' | 'control/' | 'packs/')[];
      /**
       * `create`: objects that exist are not overwritten, because each request has to say so. `lock`: for
       * as long as the vault says, and no longer.
       */
      readonly may: 'anything' | 'create' | 'lock';
    };

export type Ec2ResourceType =
  | 'image'
  | 'instance'
  | 'key-pair'
  | 'network-interface'
  | 'security-group'
  | 'snapshot'
  | 'spot-instances-request'
  | 'subnet'
  | 'volume';

export interface AwsCall {
  /** The command of the SDK, without `Command`. */
  readonly command: string;
  /** The permission that it needs. */
  readonly action: string;
  /** What it is for, as the end of "it is needed to …". */
  readonly purpose: string;
  /** A command has an entry for each scope that it is used in. */
  readonly callers: readonly AwsCaller[];
  readonly scope: CallScope;
  /** Only where restore points are locked: for reading what is locked as it was made, and for locking it. */
  readonly where?: 'points-locked';
}

const engine: readonly AwsCaller[] = ['engine'];
const worker: readonly AwsCaller[] = ['worker'];
const original: readonly AwsCaller[] = ['original'];
const everyAccount: readonly AwsCaller[] = ['engine', 'account'];
const both: readonly AwsCaller[] = ['engine', 'worker'];
const anyInstance: CallScope = { kind: 'unmarked', resources: ['instance'] };
const everything: CallScope = { kind: 'everything' };
const objects: CallScope = { kind: 'objects', under: [''], may: 'anything' };
const newObjects: CallScope = { kind: 'objects', under: [''], may: 'create' };
const newWorkerObjects: CallScope = {
  kind: 'objects',
  under: ['packs/', 'control/'],
  may: 'create',
};
const mailboxObjects: CallScope = { kind: 'objects', under: ['control/'], may: 'anything' };

/** Of a bucket with Object Lock in which restore points are locked. */
const callsOfLocks = (
  [
    {
      command: 'ListObjectVersions',
      action: 's3:ListBucketVersions',
      purpose: 'find what is locked, also when somebody has hidden it',
      callers: both,
      scope: { kind: 'bucket' },
    },
    {
      command: 'GetObject',
      action: 's3:GetObjectVersion',
      purpose: 'read what is locked as it was made',
      callers: both,
      scope: objects,
    },
    {
      command: 'HeadObject',
      action: 's3:GetObjectRetention',
      purpose: 'tell until when something is held',
      callers: engine,
      scope: objects,
    },
    {
      command: 'PutObjectRetention',
      action: 's3:PutObjectRetention',
      purpose: 'lock what a restore point needs, for as long as the vault says',
      callers: engine,
      scope: { kind: 'objects', under: [''], may: 'lock' },
    },
    {
      command: 'PutObject',
      action: 's3:PutObjectRetention',
      purpose: 'lock the packs that it writes',
      callers: worker,
      scope: { kind: 'objects', under: ['packs/'], may: 'lock' },
    },
    {
      command: 'DeleteObject',
      action: 's3:DeleteObjectVersion',
      purpose: 'free what is locked no more and no backup needs',
      callers: engine,
      scope: objects,
    },
    {
      command: 'DeleteObject',
      action: 's3:DeleteObjectVersion',
      purpose: 'free what was in a mailbox',
      callers: worker,
      scope: mailboxObjects,
    },
  ] as const
).map((call): AwsCall => ({ ...call, where: 'points-locked' }));

/** Every call to AWS that this program makes; a test holds the code to it. */
export const awsCalls: readonly AwsCall[] = [
  {
    command: 'DescribeInstances',
    action: 'ec2:DescribeInstances',
    purpose: 'see the instances and the workers',
    callers: everyAccount,
    scope: everything,
  },
  {
    command: 'DescribeSnapshots',
    action: 'ec2:DescribeSnapshots',
    purpose: 'follow snapshots until they are complete',
    callers: everyAccount,
    scope: everything,
  },
  {
    command: 'DescribeVolumes',
    action: 'ec2:DescribeVolumes',
    purpose: 'see the volumes of instances and workers',
    callers: everyAccount,
    scope: everything,
  },
  {
    command: 'DescribeImages',
    action: 'ec2:DescribeImages',
    purpose: 'see the images that restores to instances register',
    callers: everyAccount,
    scope: everything,
  },
  {
    command: 'DescribeInstanceTypes',
    action: 'ec2:DescribeInstanceTypes',
    purpose: 'tell which instances have disks that no snapshot holds',
    callers: engine,
    scope: everything,
  },
  {
    command: 'CreateSnapshots',
    action: 'ec2:CreateSnapshots',
    purpose: 'take snapshot sets',
    callers: engine,
    scope: { kind: 'made', makes: ['snapshot'], uses: ['instance', 'volume'] },
  },
  {
    command: 'CopySnapshot',
    action: 'ec2:CopySnapshot',
    purpose: 'make replicas in other regions and accounts',
    callers: everyAccount,
    scope: { kind: 'made', makes: ['snapshot'], uses: [] },
  },
  {
    command: 'AssumeRole',
    action: 'sts:AssumeRole',
    purpose: 'enter the accounts that policies copy to',
    callers: engine,
    scope: { kind: 'roles' },
  },
  {
    command: 'ModifySnapshotAttribute',
    action: 'ec2:ModifySnapshotAttribute',
    purpose: 'let those accounts read a snapshot while they copy it',
    callers: engine,
    scope: { kind: 'readers' },
  },
  {
    command: 'DeleteSnapshot',
    action: 'ec2:DeleteSnapshot',
    purpose: 'remove snapshots and replicas that retention lets go',
    callers: everyAccount,
    scope: { kind: 'marked', resources: ['snapshot'] },
  },
  {
    command: 'CreateVolume',
    action: 'ec2:CreateVolume',
    purpose: 'make the volumes that a worker reads',
    callers: everyAccount,
    scope: { kind: 'made', makes: ['volume'], uses: ['snapshot'] },
  },
  {
    command: 'AttachVolume',
    action: 'ec2:AttachVolume',
    purpose: 'attach them to the worker',
    callers: engine,
    scope: { kind: 'marked', resources: ['volume', 'instance'] },
  },
  {
    command: 'DetachVolume',
    action: 'ec2:DetachVolume',
    purpose: 'detach them again',
    callers: engine,
    scope: { kind: 'marked', resources: ['volume', 'instance'] },
  },
  {
    command: 'DeleteVolume',
    action: 'ec2:DeleteVolume',
    purpose: 'remove them again',
    callers: everyAccount,
    scope: { kind: 'marked', resources: ['volume'] },
  },
  {
    command: 'RunInstances',
    action: 'ec2:RunInstances',
    purpose: 'launch workers, and restore to instances',
    callers: everyAccount,
    scope: {
      kind: 'made',
      makes: ['instance'],
      uses: [
        'image',
        'key-pair',
        'network-interface',
        'security-group',
        'snapshot',
        'spot-instances-request',
        'subnet',
        'volume',
      ],
    },
  },
  {
    command: 'TerminateInstances',
    action: 'ec2:TerminateInstances',
    purpose: 'end workers, and instances of restores that do not succeed',
    callers: everyAccount,
    scope: { kind: 'marked', resources: ['instance'] },
  },
  {
    command: 'RegisterImage',
    action: 'ec2:RegisterImage',
    purpose: 'restore to instances',
    callers: everyAccount,
    scope: { kind: 'made', makes: ['image'], uses: ['snapshot'] },
  },
  {
    command: 'DeregisterImage',
    action: 'ec2:DeregisterImage',
    purpose: 'remove the image that a restore to an instance has registered',
    callers: everyAccount,
    scope: { kind: 'marked', resources: ['image'] },
  },
  ...(
    [
      ['StopInstances', 'stop an instance whose volumes are exchanged'],
      ['StartInstances', 'start it again'],
      [
        'AttachVolume',
        'attach restored volumes to it, of which the engine may attach those with the mark',
      ],
      [
        'DetachVolume',
        'detach volumes from it, of which the engine may detach those with the mark',
      ],
      ['ModifyInstanceAttribute', 'say whether a volume goes with it, as it was of the one before'],
    ] as const
  ).map(([command, purpose]): AwsCall => ({
    command,
    action: `ec2:${command}`,
    purpose,
    callers: original,
    scope: anyInstance,
  })),
  {
    command: 'CreateTags',
    action: 'ec2:CreateTags',
    purpose: 'mark a volume before it is detached and kept',
    callers: original,
    scope: { kind: 'own-tags', resources: ['volume'], of: 'anything' },
  },
  {
    command: 'DeleteTags',
    action: 'ec2:DeleteTags',
    purpose: "take the mark from a volume that is only its user's again",
    callers: original,
    scope: { kind: 'own-tags', resources: ['volume'], of: 'marked' },
  },
  ...(
    [
      ['ListSnapshotBlocks', 'read only what was ever written'],
      ['ListChangedBlocks', 'read only what has changed'],
      ['GetSnapshotBlock', 'read blocks without a worker'],
      ['PutSnapshotBlock', 'write the blocks of volumes that are restored'],
      ['CompleteSnapshot', 'complete what a restore has written'],
    ] as const
  ).map(([command, purpose]): AwsCall => ({
    command,
    action: `ebs:${command}`,
    purpose,
    callers: engine,
    scope: { kind: 'marked', resources: ['snapshot'] },
  })),
  {
    command: 'StartSnapshot',
    action: 'ebs:StartSnapshot',
    purpose: 'restore to volumes',
    callers: engine,
    scope: { kind: 'made', makes: ['snapshot'], uses: [] },
  },
  {
    command: 'PutObject',
    action: 's3:PutObject',
    purpose: 'write backups, each object once',
    callers: engine,
    scope: newObjects,
  },
  // Slot tables, manifests, programs of workers and the like are the engine's to make.
  {
    command: 'PutObject',
    action: 's3:PutObject',
    purpose: 'write packs, and what it says to the engine, each object once',
    callers: worker,
    scope: newWorkerObjects,
  },
  {
    command: 'GetObject',
    action: 's3:GetObject',
    purpose: 'read backups',
    callers: both,
    scope: objects,
  },
  // HeadObject has no permission of its own.
  {
    command: 'HeadObject',
    action: 's3:GetObject',
    purpose: 'read backups',
    callers: both,
    scope: objects,
  },
  {
    command: 'DeleteObject',
    action: 's3:DeleteObject',
    purpose: 'remove what no backup needs any more',
    callers: engine,
    scope: objects,
  },
  // A worker takes back what it has said in its mailbox; it never removes what is stored.
  {
    command: 'DeleteObject',
    action: 's3:DeleteObject',
    purpose: 'take back what is in a mailbox',
    callers: worker,
    scope: mailboxObjects,
  },
  {
    command: 'ListObjectsV2',
    action: 's3:ListBucket',
    purpose: 'list what is in the repository',
    callers: both,
    scope: { kind: 'bucket' },
  },
  ...callsOfLocks,
];
