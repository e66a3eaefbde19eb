import { workingPolicy } from '../../domain/backup-session/working-policy.ts';
import { assert } from '../../domain/errors/assert.ts';
import type { SnapshotId, VolumeId } from '../../domain/identifiers.ts';
import { planVolumeRead, type VolumeReadFacts } from '../../domain/read-plan/plan-volume-read.ts';
import type { StepContext } from './step-context.ts';
import { launchWorker } from './steps/launch-worker.ts';

/**
 * Launches the worker of the first attempt before reading is planned, so that it boots meanwhile; the
 * step that comes after the plan finds it by its client token. Only for an increment of which a block is
 * to be read for certain: no worker is launched for nothing, and its plan does not take so long that a
 * worker would wait for its job in vain.
 *
 * Never rejects: that step asks again, and tells of what still goes wrong then.
 */
export async function launchAhead(
  context: StepContext,
  facts: ReadonlyMap<VolumeId, VolumeReadFacts>,
): Promise<void> {
  const { worker } = context.session;
  if (worker.state !== 'possible' || worker.attemptsUsed > 0) return;
  try {
    if (!(await isAnythingChanged(context, facts))) return;
    context.signal.throwIfAborted();
    await launchWorker(context, 1);
  } catch {
    return;
  }
}

async function isAnythingChanged(
  { engine, session }: StepContext,
  facts: ReadonlyMap<VolumeId, VolumeReadFacts>,
): Promise<boolean> {
  assert(session.snapshotSet !== null, 'reading is planned after the snapshots');
  const { changedBlocks } = engine.cloud;
  for (const { volumeId, snapshotId } of session.snapshotSet.snapshots) {
    const known = facts.get(volumeId);
    assert(known !== undefined, 'facts are gathered for every volume');
    const plan = planVolumeRead(known, workingPolicy(session));
    if (plan.mode !== 'changed') continue;
    if (await beginsWithChange(changedBlocks, plan.baseSnapshotId, snapshotId)) return true;
  }
  return false;
}

/** One request: a list can begin with empty pages, and then it is left to the plan. */
async function beginsWithChange(
  changedBlocks: StepContext['engine']['cloud']['changedBlocks'],
  base: SnapshotId,
  snapshotId: SnapshotId,
): Promise<boolean> {
  for await (const page of changedBlocks.listChangedBlocks(base, snapshotId)) {
    return page.some(({ state }) => state === 'present');
  }
  return false;
}
