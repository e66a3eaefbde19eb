import { usualMachine, type WorkerMachine } from '../../../../domain/policy/worker-policy.ts';
import { tryLaunch } from './ec2-trials.ts';
import type { PermissionFinding } from './permission-finding.ts';
import type { TrialWorld } from './trial.ts';

export function isSameMachine(a: WorkerMachine, b: WorkerMachine): boolean {
  return a.instanceType === b.instanceType && a.market === b.market;
}

/**
 * Whether a worker can be launched as policies ask for it. Nothing where no workers are set up, and of the
 * machine that is tried for every vault.
 */
export async function tryMachine(
  world: TrialWorld,
  machine: WorkerMachine,
): Promise<readonly PermissionFinding[]> {
  if (world.worker === null || isSameMachine(machine, usualMachine)) return [];
  return [
    {
      action: 'ec2:RunInstances',
      caller: 'engine',
      purpose: 'launch the workers that policies ask for',
      target: null,
      machine,
      outcome: await tryLaunch(world, world.worker, machine),
    },
  ];
}
