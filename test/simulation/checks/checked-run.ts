import type { SimulatedEngine } from '../../support/simulation/simulated-engine.ts';
import type { SimulatedWorld } from '../../support/simulation/simulated-world.ts';
import type { LedgerView } from '../ledger-view.ts';
import type { Operator } from '../operator.ts';

/** What a check looks at. */
export interface CheckedRun {
  readonly world: SimulatedWorld;
  readonly operator: Operator;
  /** An engine that nothing goes wrong for. */
  readonly admin: SimulatedEngine;
  readonly ledger: LedgerView;
}

/** Says what is wrong, one sentence each. */
export type Check = (run: CheckedRun) => readonly string[] | Promise<readonly string[]>;
