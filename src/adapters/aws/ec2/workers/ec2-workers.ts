import { type Instance, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region, WorkerId } from '../../../../domain/identifiers.ts';
import type { WorkerDescription, Workers } from '../../../../ports/cloud/workers.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { listInstances } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { RecentlyMade } from '../recently-made.ts';
import { requestIdOfToken } from '../request-tags.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { trustedResource } from '../trusted-resource.ts';
import { launchWorker } from './launch-worker.ts';
import { requireWorkerSettings, type WorkerSettings } from './worker-settings.ts';

const instanceIdPattern = /^i-[0-9a-f]{8,17}$/;

/** What is known of a worker: as EC2 lists it, and as it is if it can be trusted or is recent. */
interface Sight {
  readonly instance: Instance | null;
  readonly worker: WorkerDescription | null;
}

/** Workers as EC2 instances that terminate when they shut down. */
export function createEc2Workers(
  connection: Ec2Connection,
  settings: WorkerSettings | null,
): Workers {
  const { region, keys, clock, limits } = connection;
  const recent = new RecentlyMade<WorkerDescription>(clock, limits.appearanceMs);

  const look = async (workerId: WorkerId): Promise<Sight> => {
    const listed = await listInstances(connection, [{ Name: 'instance-id', Values: [workerId] }]);
    const [instance] = listed;
    const [unseen] = recent.unseen(idsOf(listed), (one) => one.workerId === workerId);
    if (instance === undefined) return { instance: null, worker: unseen ?? null };
    return { instance, worker: workerOf(connection, region, instance) };
  };

  /** EC2 may not know an instance for a while after it was launched by another process. */
  const lookLonger = async (workerId: WorkerId): Promise<Sight> => {
    for (let looks = 1; ; looks += 1) {
      const sight = await look(workerId);
      const isKnown = sight.instance !== null || sight.worker !== null;
      if (isKnown || looks >= limits.missingInstanceLooks) return sight;
      await clock.sleep(limits.pollMs);
    }
  };

  return {
    async launch(request) {
      const instance = await launchWorker(connection, requireWorkerSettings(settings), request);
      const worker = workerOf(connection, region, instance) ?? {
        workerId: (instance.InstanceId ?? '') as WorkerId,
        owner: request.owner,
        ...stateOf(instance),
      };
      recent.add(worker.workerId, worker);
      return worker;
    },
    async describe(workerId) {
      if (!instanceIdPattern.test(workerId)) return null;
      return (await lookLonger(workerId)).worker;
    },
    async find({ sessionId }) {
      const name = sealTagName(keys, { kind: 'session', sessionId });
      const listed = await listInstances(connection, [tagKey(name)]);
      const described = listed
        .map((instance) => workerOf(connection, region, instance))
        .filter((worker) => worker !== null);
      const unseen = recent.unseen(idsOf(listed), ({ owner }) => owner.sessionId === sessionId);
      return [...described, ...unseen];
    },
    async terminate(workerId) {
      if (!instanceIdPattern.test(workerId)) return;
      await pollUntil(connection, `worker ${workerId} terminated`, async () => {
        const { instance, worker } = await lookLonger(workerId);
        if (instance?.State?.Name === 'terminated') return 'gone';
        if (worker === null) {
          if (instance === null) return 'gone';
          throw untrustedWorker(workerId);
        }
        await requestTermination(connection, workerId);
        return null;
      });
      recent.forget(workerId);
    },
  };
}

async function requestTermination(connection: Ec2Connection, workerId: WorkerId): Promise<void> {
  const { region } = connection;
  try {
    await callEc2(
      connection,
      { operation: 'TerminateInstances', region, repetition: 'safe' },
      (client, options) =>
        client.send(new TerminateInstancesCommand({ InstanceIds: [workerId] }), options),
    );
  } catch (error) {
    // Not known everywhere yet, or gone meanwhile: the next look shows which.
    if (!isNotFound(error)) throw error;
  }
}

/**
 * Null for an instance that is no worker of ours, or not to be trusted: who may write tags can copy
 * all of a worker's to another instance, but not the client token that it was launched with.
 */
export function workerOf(
  connection: Pick<Ec2Connection, 'keys' | 'onUntrusted'>,
  region: Region,
  instance: Instance,
): WorkerDescription | null {
  const { InstanceId: resourceId = '', Tags: tags, ClientToken } = instance;
  const opened = trustedResource(connection, region, { resourceId, tags });
  if (opened?.resource.kind !== 'worker') return null;
  if (requestIdOfToken(ClientToken) !== opened.requestId) {
    const reason = 'its tags are of another instance: it was launched by another request';
    connection.onUntrusted({ region, resourceId, reason });
    return null;
  }
  const { owner } = opened.resource;
  return { workerId: resourceId as WorkerId, owner, ...stateOf(instance) };
}

function stateOf({
  State,
  StateReason,
}: Instance): Pick<WorkerDescription, 'state' | 'stateMessage'> {
  switch (State?.Name) {
    case 'pending':
      return { state: 'starting', stateMessage: '' };
    case 'running':
      return { state: 'running', stateMessage: '' };
    case 'shutting-down':
    case 'terminated':
    case 'stopping':
    case 'stopped':
    case undefined:
      return { state: 'gone', stateMessage: whyGone(StateReason) };
  }
}

function whyGone(reason: Instance['StateReason']): string {
  const said = reason?.Message ?? 'EC2 does not say why';
  return reason?.Code === 'Server.SpotInstanceTermination'
    ? `EC2 has reclaimed the spot instance (${said})`
    : said;
}

function untrustedWorker(workerId: WorkerId): SnapledgerError {
  return new SnapledgerError(
    'RESOURCE_UNTRUSTED',
    `${workerId} runs, and does not carry the tags of a worker that was launched as it was`,
    {
      remedy: 'Look at the instance, and terminate it by hand if it is a worker of snapledger.',
      details: { workerId },
    },
  );
}

function idsOf(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ InstanceId = '' }) => InstanceId);
}
