import {
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { WorkerMachine } from '../../../../domain/policy/worker-policy.ts';
import type { WorkerRequest } from '../../../../ports/cloud/workers.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, busyCodes } from '../ec2-error.ts';
import { listInstances } from '../instances/describe-instances.ts';
import { tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { bootScript } from './boot-script.ts';
import type { WorkerSettings } from './worker-settings.ts';

/**
 * Launches the worker of a client token, or finds the one that was launched with it, even if this
 * request is another by now: its user data name the bundle, which an upgrade changes.
 */
export async function launchWorker(
  connection: Ec2Connection,
  settings: WorkerSettings,
  { owner, clientToken, userData, machine }: WorkerRequest,
): Promise<Instance> {
  const { region, keys } = connection;
  const script = bootScript(await settings.programs(), userData);
  const { ClientToken, tags } = tokenRequest(keys, clientToken, { kind: 'worker', owner });
  const TagSpecifications = [tagSpecificationOf('instance', tags)];
  // The token is ours, so that a request that is made again after a crash is the same one.
  const request = workerLaunchRequest(settings, {
    ClientToken,
    TagSpecifications,
    script,
    machine,
  });
  try {
    const { Instances: [instance] = [] } = await callEc2(
      machine.market === 'spot' ? withoutWaiting(connection) : connection,
      { operation: 'RunInstances', region, repetition: 'safe' },
      (client, options) => client.send(new RunInstancesCommand(request), options),
    );
    if (instance !== undefined) return instance;
  } catch (error) {
    if (machine.market === 'spot' && isSpotRefusal(error)) throw spotRefused(error);
    if (awsCodeOf(error) !== 'IdempotentParameterMismatch') throw error;
    return await launchedBefore(connection, ClientToken, owner, error);
  }
  throw new SnapledgerError('WORKER_FAILED', 'EC2 has launched a worker and does not name it', {
    retry: 'retryable',
    remedy: 'Try again: the same request finds the worker.',
  });
}

/** What is a quota, or final, for others: with spot instances there is another way. */
const spotCodes: ReadonlySet<string> = new Set([
  'MaxSpotInstanceCountExceeded',
  'SpotMaxPriceTooLow',
  'Unsupported',
]);

/** EC2 has no spot instance now, or none for the price, or the account may have no more. */
function isSpotRefusal(error: unknown): boolean {
  const code = awsCodeOf(error);
  return busyCodes.has(code) || spotCodes.has(code);
}

/** Who can have an instance on demand does not wait for a spot one. */
function withoutWaiting(connection: Ec2Connection): Ec2Connection {
  return { ...connection, limits: { ...connection.limits, busyAttemptsMax: 1 } };
}

function spotRefused(cause: unknown): SnapledgerError {
  return new SnapledgerError(
    'SPOT_REFUSED',
    `EC2 gives no spot instance now (${awsCodeOf(cause)}): the worker is launched on demand`,
    { cause, remedy: 'Nothing; if it comes often, name another type in the policy.' },
  );
}

/** The worker of a token that EC2 knows already; listings may show it late. */
async function launchedBefore(
  connection: Ec2Connection,
  clientToken: string,
  { sessionId }: WorkerRequest['owner'],
  cause: unknown,
): Promise<Instance> {
  const { keys, clock, limits } = connection;
  const session = tagKey(sealTagName(keys, { kind: 'session', sessionId }));
  for (let looks = 1; ; looks += 1) {
    const instances = await listInstances(connection, [session]);
    const instance = instances.find(({ ClientToken }) => ClientToken === clientToken);
    if (instance !== undefined) return instance;
    if (looks >= limits.missingInstanceLooks) break;
    await clock.sleep(limits.pollMs);
  }
  throw new SnapledgerError(
    'WORKER_FAILED',
    'EC2 has launched this worker before, with other user data, and does not list it yet',
    { retry: 'retryable', cause, remedy: 'Try again: it is looked for by its token.' },
  );
}

/** One that is reclaimed is over: its disks are of no use to the next. */
const spotOptions: NonNullable<RunInstancesCommandInput['InstanceMarketOptions']> = {
  MarketType: 'spot',
  SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
};

/**
 * What EC2 is asked for; `script` is the user data before it is encoded. Without a token the SDK
 * makes one up.
 */
export function workerLaunchRequest(
  settings: Omit<WorkerSettings, 'programs'>,
  {
    ClientToken,
    TagSpecifications,
    script,
    machine,
  }: Pick<RunInstancesCommandInput, 'ClientToken' | 'TagSpecifications'> & {
    readonly script: Uint8Array;
    readonly machine: WorkerMachine;
  },
): RunInstancesCommandInput {
  const { instanceProfileArn } = settings;
  return {
    ClientToken,
    TagSpecifications,
    MinCount: 1,
    MaxCount: 1,
    ImageId: settings.imageId,
    InstanceType: (machine.instanceType ?? settings.instanceType) as Instance['InstanceType'],
    ...(machine.market === 'spot' ? { InstanceMarketOptions: spotOptions } : {}),
    SubnetId: settings.subnetId,
    SecurityGroupIds: [...settings.securityGroupIds],
    ...(instanceProfileArn === null ? {} : { IamInstanceProfile: { Arn: instanceProfileArn } }),
    UserData: Buffer.from(script).toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: {
      HttpTokens: 'required',
      HttpEndpoint: 'enabled',
      HttpPutResponseHopLimit: 1,
    },
  };
}
