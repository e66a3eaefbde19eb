import type { Check, CheckedRun } from './checked-run.ts';
import { checkChangedBlockBase } from './changed-block-base.ts';
import { checkEndings } from './endings.ts';
import { checkExplainedFailures } from './explained-failures.ts';
import { checkFencing } from './fencing.ts';
import { checkFollowers } from './followers.ts';
import { checkHolds } from './holds.ts';
import { checkKeptSnapshots } from './kept-snapshots.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkOneAtATime } from './one-at-a-time.ts';
import { checkPoints } from './points.ts';
import { checkReplicas } from './replicas.ts';
import { checkReplay } from './replay.ts';
import { checkRetentionCount } from './retention-count.ts';
import { checkSealedLedger } from './sealed-ledger.ts';
import { checkTakeOvers } from './take-overs.ts';
import { checkWorkers } from './workers.ts';

const checks: readonly Check[] = [
  checkEndings,
  checkOneAtATime,
  checkLeftovers,
  checkKeptSnapshots,
  checkReplicas,
  checkHolds,
  checkChangedBlockBase,
  checkPoints,
  checkFollowers,
  checkReplay,
  checkFencing,
  checkTakeOvers,
  checkWorkers,
  checkRetentionCount,
  checkExplainedFailures,
  checkSealedLedger,
];

/** Everything that has to hold of a run after its quiet time. */
export async function checkRun(run: CheckedRun): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const check of checks) violations.push(...(await check(run)));
  return violations;
}
