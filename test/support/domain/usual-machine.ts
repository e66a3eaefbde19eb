import type { WorkerMachine } from '../../../src/domain/policy/worker-policy.ts';

/** What workers run on as long as no policy says anything of it. */
export const usualMachine: WorkerMachine = { instanceType: null, market: 'on-demand' };
