import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Ec2Choice } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { collectText } from '../commands/arguments.ts';
import { usageError } from '../usage-error.ts';

/** The options of a command that say which cloud a vault is of. */
export interface CloudOptions {
  readonly cloud?: 'local' | 'ec2';
  readonly region?: string;
  readonly workerImage?: string;
  readonly workerType?: string;
  readonly workerZone?: string;
  readonly workerSubnet?: string;
  readonly workerSecurityGroup?: readonly string[];
  readonly workerProfile?: string;
  readonly workerNode?: string;
}

/** Adds them, but for `--region`, which commands describe each in their own way. */
export function addCloudOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--cloud <cloud>', 'where the instances are (default: local)').choices([
        'local',
        'ec2',
      ]),
    )
    .option('--worker-image <ami>', 'EC2: the image of the workers, which read the volumes')
    .option('--worker-type <type>', 'EC2: their type, of the same processor: c7g.large')
    .option('--worker-subnet <subnet>', 'EC2: the subnet that they are in')
    .option('--worker-zone <zone>', 'EC2: the availability zone of that subnet')
    .option(
      '--worker-security-group <group>',
      'EC2: a security group of theirs (can be given several times)',
      collectText,
    )
    .option('--worker-profile <arn>', 'EC2: the instance profile by which they reach the bucket')
    .option(
      '--worker-node <file>',
      'EC2: an archive of Node for them (node-v24…-linux-arm64.tar.gz), if their image has none',
    );
}

/**
 * The cloud that was chosen; undefined: that of this machine.
 *
 * @throws INVALID_ARGUMENT for options that do not go together
 */
export function cloudChoice(context: CliContext, options: CloudOptions): Ec2Choice | undefined {
  if (options.cloud !== 'ec2') {
    refuseCloudOptions(options);
    return undefined;
  }
  const { region } = options;
  if (region === undefined) {
    throw usageError('nothing says which region of EC2 it is', "give it with '--region'");
  }
  const worker = workerChoice(context, options);
  return worker === undefined ? { region } : { region, worker };
}

/** Options of the workers by the names that the user knows. */
function givenWorkerOptions(options: CloudOptions): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['--worker-image', options.workerImage],
    ['--worker-type', options.workerType],
    ['--worker-subnet', options.workerSubnet],
    ['--worker-zone', options.workerZone],
    ['--worker-security-group', options.workerSecurityGroup],
    ['--worker-profile', options.workerProfile],
  ]);
}

function refuseCloudOptions(options: CloudOptions): void {
  const all = [...givenWorkerOptions(options), ['--worker-node', options.workerNode] as const];
  const given = all.find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw usageError(
    `${given[0]} is for EC2, and the cloud is that of this machine`,
    "give '--cloud ec2' too, or leave it out",
  );
}

function workerChoice(context: CliContext, options: CloudOptions): Ec2Choice['worker'] {
  const { workerImage, workerType, workerSubnet, workerZone } = options;
  const { workerSecurityGroup, workerProfile, workerNode } = options;
  const given = givenWorkerOptions(options);
  const missing = [...given].filter(([, value]) => value === undefined);
  if (missing.length === given.size && workerNode === undefined) return undefined;
  if (
    workerImage === undefined ||
    workerType === undefined ||
    workerSubnet === undefined ||
    workerZone === undefined ||
    workerSecurityGroup === undefined ||
    workerProfile === undefined
  ) {
    throw usageError(
      'of the workers only a part is said',
      `give also ${missing.map(([name]) => name).join(', ')}, or nothing of them for snapshots only`,
    );
  }
  return {
    imageId: workerImage,
    instanceType: workerType,
    subnetId: workerSubnet,
    availabilityZone: workerZone,
    securityGroupIds: workerSecurityGroup,
    instanceProfileArn: workerProfile,
    ...(workerNode === undefined
      ? {}
      : { nodeArchivePath: resolve(context.workingFolder, workerNode) }),
  };
}
