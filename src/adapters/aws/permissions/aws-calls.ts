/** Who makes a call: the engine, or the program of a worker. */
export type AwsCaller = 'engine' | 'worker';

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
  | { readonly kind: 'bucket' }
  | {
      readonly kind: 'objects';
      /** Empty: all objects of the repository. */
      readonly under: '' | 'control/';
      /** `create`: objects that exist are not overwritten, because each request has to say so. */
      readonly may: 'anything' | 'create';
    };

export type Ec2ResourceType =
  | 'image'
  | 'instance'
  | 'key-pair'
  | 'network-interface'
  | 'security-group'
  | 'snapshot'
  | 'subnet'
  | 'volume';

export interface AwsCall {
  /** The command of the SDK, without `Command`. */
  readonly command: string;
  /** The permission that it needs. */
  readonly action: string;
  /** A command has an entry for each scope that it is used in. */
  readonly callers: readonly AwsCaller[];
  readonly scope: CallScope;
}

const engine: readonly AwsCaller[] = ['engine'];
const both: readonly AwsCaller[] = ['engine', 'worker'];
const everything: CallScope = { kind: 'everything' };
const objects: CallScope = { kind: 'objects', under: '', may: 'anything' };
const newObjects: CallScope = { kind: 'objects', under: '', may: 'create' };
const mailboxObjects: CallScope = { kind: 'objects', under: 'control/', may: 'anything' };

/** Every call to AWS that this program makes; a test holds the code to it. */
export const awsCalls: readonly AwsCall[] = [
  {
    command: 'DescribeInstances',
    action: 'ec2:DescribeInstances',
    callers: engine,
    scope: everything,
  },
  {
    command: 'DescribeSnapshots',
    action: 'ec2:DescribeSnapshots',
    callers: engine,
    scope: everything,
  },
  { command: 'DescribeVolumes', action: 'ec2:DescribeVolumes', callers: engine, scope: everything },
  {
    command: 'CreateSnapshots',
    action: 'ec2:CreateSnapshots',
    callers: engine,
    scope: { kind: 'made', makes: ['snapshot'], uses: ['instance', 'volume'] },
  },
  {
    command: 'CopySnapshot',
    action: 'ec2:CopySnapshot',
    callers: engine,
    scope: { kind: 'made', makes: ['snapshot'], uses: [] },
  },
  {
    command: 'DeleteSnapshot',
    action: 'ec2:DeleteSnapshot',
    callers: engine,
    scope: { kind: 'marked', resources: ['snapshot'] },
  },
  {
    command: 'CreateVolume',
    action: 'ec2:CreateVolume',
    callers: engine,
    scope: { kind: 'made', makes: ['volume'], uses: ['snapshot'] },
  },
  {
    command: 'AttachVolume',
    action: 'ec2:AttachVolume',
    callers: engine,
    scope: { kind: 'marked', resources: ['volume', 'instance'] },
  },
  {
    command: 'DetachVolume',
    action: 'ec2:DetachVolume',
    callers: engine,
    scope: { kind: 'marked', resources: ['volume', 'instance'] },
  },
  {
    command: 'DeleteVolume',
    action: 'ec2:DeleteVolume',
    callers: engine,
    scope: { kind: 'marked', resources: ['volume'] },
  },
  {
    command: 'RunInstances',
    action: 'ec2:RunInstances',
    callers: engine,
    scope: {
      kind: 'made',
      makes: ['instance'],
      uses: ['image', 'network-interface', 'security-group', 'subnet', 'volume'],
    },
  },
  {
    command: 'TerminateInstances',
    action: 'ec2:TerminateInstances',
    callers: engine,
    scope: { kind: 'marked', resources: ['instance'] },
  },
  ...(['ListSnapshotBlocks', 'ListChangedBlocks', 'GetSnapshotBlock'] as const).map(
    (command): AwsCall => ({
      command,
      action: `ebs:${command}`,
      callers: engine,
      scope: { kind: 'marked', resources: ['snapshot'] },
    }),
  ),
  { command: 'PutObject', action: 's3:PutObject', callers: both, scope: newObjects },
  { command: 'GetObject', action: 's3:GetObject', callers: both, scope: objects },
  // HeadObject has no permission of its own.
  { command: 'HeadObject', action: 's3:GetObject', callers: both, scope: objects },
  { command: 'DeleteObject', action: 's3:DeleteObject', callers: engine, scope: objects },
  // A worker takes back what it has said in its mailbox; it never removes what is stored.
  {
    command: 'DeleteObject',
    action: 's3:DeleteObject',
    callers: ['worker'],
    scope: mailboxObjects,
  },
  {
    command: 'ListObjectsV2',
    action: 's3:ListBucket',
    callers: both,
    scope: { kind: 'bucket' },
  },
];
