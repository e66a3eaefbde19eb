import { type Instance, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Region, WorkerId } from '../../../../domain/identifiers.ts';
import type { WorkerDescription, Workers } from '../../../../ports/cloud/workers.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { listInstances } from '../instances/describe-instances.ts';
import { pollUntil } from '../poll-until.ts';
import { RecentlyMade } from '../recently-made.ts';
import { tagKey } from '../snapshots/ec2-snapshots.ts';
import { trustedResource } from '../trusted-resource.ts';
import { launchWorker } from './launch-worker.ts';
import { requireWorkerSettings, type WorkerSettings } from './worker-settings.ts';

const instanceIdPattern = /^i-[0-9a-f]{8,17}$/;

/** Workers as EC2 instances that terminate when they shut down. */
export function createEc2Workers(
  connection: Ec2Connection,
  settings: WorkerSettings | null,
): Workers {
  const { region, keys, clock, limits } = connection;
  const recent = new RecentlyMade<WorkerDescription>(clock, limits.appearanceMs);

  const look = async (workerId: WorkerId): Promise<WorkerDescription | null> => {
    const listed = await listInstances(connection, [{ Name: 'instance-id', Values: [workerId] }]);
    const [instance] = listed;
    const [unseen] = recent.unseen(idsOf(listed), (one) => one.workerId === workerId);
    return instance === undefined ? (unseen ?? null) : workerOf(connection, region, instance);
  };

  /** EC2 may not know an instance for a while after it was launched by another process. */
  const describe = async (workerId: WorkerId): Promise<WorkerDescription | null> => {
    if (!instanceIdPattern.test(workerId)) return null;
    for (let looks = 1; ; looks += 1) {
      const worker = await look(workerId);
      if (worker !== null || looks >= limits.missingInstanceLooks) return worker;
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
    describe,
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
        const worker = await describe(workerId);
        if (worker === null) return 'gone';
        const [instance] = await listInstances(connection, [
          { Name: 'instance-id', Values: [workerId] },
        ]);
        if (instance?.State?.Name === 'terminated') return 'gone';
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

/** Null for an instance that is no worker of ours, or not to be trusted. */
export function workerOf(
  connection: Pick<Ec2Connection, 'keys' | 'onUntrusted'>,
  region: Region,
  instance: Instance,
): WorkerDescription | null {
  const { InstanceId: resourceId = '', Tags: tags } = instance;
  const opened = trustedResource(connection, region, { resourceId, tags });
  if (opened?.resource.kind !== 'worker') return null;
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
      return { state: 'gone', stateMessage: StateReason?.Message ?? 'EC2 does not say why' };
  }
}

function idsOf(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ InstanceId = '' }) => InstanceId);
}
