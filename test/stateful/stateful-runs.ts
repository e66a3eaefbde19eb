import fc from 'fast-check';
import type { PointId } from '../../src/domain/identifiers.ts';
import type { CommandOn } from './back-up.ts';
import type { ModelInstance, ModelPolicy } from './model-instance.ts';
import type { RealInstance } from './real-instance.ts';

/** How many runs are asked for. More by the environment, for a night of it. */
export function runsOr(usual: number): number {
  return Number(process.env['SNAPLEDGER_STATEFUL_RUNS'] ?? usual);
}

/** fast-check prints the seed of a failure, which can be given here. */
export function seedAskedFor(): { readonly seed?: number } {
  const seedText = process.env['SNAPLEDGER_STATEFUL_SEED'];
  return seedText === undefined ? {} : { seed: Number(seedText) };
}

/** All that is asked for, beginning with a policy; then the newest point, which has something of all others, is restored. */
export async function play<Real extends RealInstance>(
  { model, real }: { readonly model: ModelInstance; readonly real: Real },
  policy: ModelPolicy,
  commands: Iterable<CommandOn<Real>>,
): Promise<void> {
  await real.setPolicy(policy);
  model.policy = policy;
  await fc.asyncModelRun(() => ({ model, real }), commands);
  const newest = model.items.findLast(({ kind }) => kind === 'restore-point');
  if (newest !== undefined) await real.assertRestores(newest.id as PointId, newest.content);
}
