import type { WorkerId } from '../../../../src/domain/identifiers.ts';
import type { FakeInstance } from './ec2-resources.ts';
import type { Ec2World } from './ec2-world.ts';

export function isSpot({ request }: FakeInstance): boolean {
  return 'InstanceMarketOptions' in request;
}

/** What EC2 does when it wants a spot instance back; the two minutes of warning are left out. */
export async function reclaimSpot(world: Ec2World, instance: FakeInstance): Promise<void> {
  if (!isSpot(instance)) throw new Error(`${instance.id} is no spot instance`);
  instance.terminationReason = 'Server.SpotInstanceTermination: Spot instance termination';
  await world.local.workers.terminate(instance.machineId as WorkerId);
  instance.terminatedAtMs = world.now();
}
