import {
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { WorkerRequest } from '../../../../ports/cloud/workers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { tagSpecificationOf, tokenRequest } from '../request-tags.ts';
import { bootScript } from './boot-script.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** Launches the worker of a client token, or finds the one that was launched with it. */
export async function launchWorker(
  connection: Ec2Connection,
  settings: WorkerSettings,
  { owner, clientToken, userData }: WorkerRequest,
): Promise<Instance> {
  const { region, keys } = connection;
  const script = bootScript(await settings.programs(), userData);
  const { ClientToken, tags } = tokenRequest(keys, clientToken, { kind: 'worker', owner });
  const TagSpecifications = [tagSpecificationOf('instance', tags)];
  // The token is ours, so that a request that is made again after a crash is the same one.
  const request = workerLaunchRequest(settings, { ClientToken, TagSpecifications, script });
  const { Instances: [instance] = [] } = await callEc2(
    connection,
    { operation: 'RunInstances', region, repetition: 'safe' },
    (client, options) => client.send(new RunInstancesCommand(request), options),
  );
  if (instance !== undefined) return instance;
  throw new SnapledgerError('WORKER_FAILED', 'EC2 has launched a worker and does not name it', {
    retry: 'retryable',
    remedy: 'Try again: the same request finds the worker.',
  });
}

/** What EC2 is asked for; `script` is the user data before it is encoded. */
export function workerLaunchRequest(
  settings: Omit<WorkerSettings, 'programs'>,
  {
    ClientToken,
    TagSpecifications,
    script,
  }: Pick<RunInstancesCommandInput, 'ClientToken' | 'TagSpecifications'> & {
    readonly script: Uint8Array;
  },
): RunInstancesCommandInput {
  const { instanceProfileArn } = settings;
  return {
    ClientToken,
    TagSpecifications,
    MinCount: 1,
    MaxCount: 1,
    ImageId: settings.imageId,
    InstanceType: settings.instanceType as Instance['InstanceType'],
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
