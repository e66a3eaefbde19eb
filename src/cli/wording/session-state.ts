import type {
  ReplayedEvent,
  StartedBackup,
  StartedPolicyRun,
  StartedRepositorySession,
  StartedRestore,
} from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatPercent } from '../output/format-quantity.ts';
import { itemKindWords } from './item-kind.ts';
import { dataInWords } from './repository-events.ts';
import { skippedInWords } from './policy-run-events.ts';

/** The state of a session, as lines of a name and a value. */
export function stateInWords(state: ReplayedEvent['state']): readonly string[] {
  if (state.status === 'not-started') return ['status       not started'];
  if ('trigger' in state) return policyRunState(state);
  if ('work' in state) return repositoryState(state);
  return 'scope' in state ? backupState(state) : restoreState(state);
}

function backupState(state: StartedBackup): readonly string[] {
  if (state.scope === 'adoption') return adoptionState(state);
  const planned = state.transfers.reduce((sum, { plannedBlocks }) => sum + plannedBlocks, 0);
  const durable = state.transfers.reduce((sum, { endPlanned }) => sum + endPlanned, 0);
  const { snapshotSet: set, worker, point, retention, ending } = state;
  return [
    `status       ${state.status}${ending === null ? '' : ` (ending: ${ending.outcome})`}`,
    `snapshots    ${set === null ? 'none yet' : `set ${formatId(set.setId)}: ${set.state}`}`,
    `worker       ${workerInWords(worker.state)}`,
    state.readPlan === null
      ? 'blocks       reading is not planned'
      : `blocks       ${durable} of ${planned} durable (${formatPercent(durable, planned)})`,
    `point        ${point === null ? 'none' : formatId(point.pointId)}`,
    retention === null
      ? 'retention    not decided'
      : `retention    ${retentionInWords(retention, state.removed)}`,
    ...state.warnings.map(({ message }) => `warning      ${message}`),
  ];
}

function adoptionState({ status, adopted }: StartedBackup): readonly string[] {
  return [
    `status       ${status}`,
    ...adopted.sets.map(({ setId }) => `adopted      set ${formatId(setId)}`),
    ...adopted.replicas.map(({ replicaSetId }) => `adopted      replica ${formatId(replicaSetId)}`),
  ];
}

function workerInWords(state: StartedBackup['worker']['state']): string {
  if (state === 'possible') return 'to be launched';
  return state === 'direct' ? 'none: the engine reads itself' : state;
}

function retentionInWords(
  { snapshots, replicas, points }: NonNullable<StartedBackup['retention']>,
  removed: StartedBackup['removed'],
): string {
  const kinds = [
    { what: 'set', keep: snapshots.keep, going: snapshots.remove, gone: removed.sets },
    { what: 'replica', keep: replicas.keep, going: replicas.remove, gone: removed.replicas },
    { what: 'restore point', keep: points.keep, going: points.expire, gone: removed.points },
  ];
  return kinds
    .filter(({ what, keep, going }) => what === 'set' || keep.length + going.length > 0)
    .map(
      ({ what, keep, going, gone }) =>
        `${formatCount(keep.length, what)} kept, ${gone.length} of ${going.length} removed`,
    )
    .join('; ');
}

function policyRunState(state: StartedPolicyRun): readonly string[] {
  const { attempt, open, outcomes, skipped, waiting } = state;
  const warnings = state.problem === null ? state.warnings : [state.problem];
  return [
    `status       ${state.status}`,
    `attempt      ${attempt} of ${state.policy.retry.attemptsMax}`,
    `instances    ${outcomes.size} ended, ${open.length} open, ${waiting.length} to be started`,
    ...skipped.map((one) => `skipped      ${skippedInWords(one)}`),
    ...warnings.map(({ message }) => `problem      ${message}`),
  ];
}

function repositoryState(state: StartedRepositorySession): readonly string[] {
  const { work, plan, condemned, removed, damage, covered, problem } = state;
  const { repackPlan, moved, mergePlan, merged, healed, damageLeft } = state;
  const done = {
    collection: [
      `planned      ${plan === null ? 'not yet' : dataInWords(plan.removable)}`,
      `condemned    ${dataInWords(condemned)}`,
      `removed      ${dataInWords(removed)}`,
    ],
    verification: [
      `read         ${covered === null ? 'not all yet' : dataInWords(covered)}`,
      `damage       ${formatCount(damage.length, 'finding')}`,
    ],
    repacking: [
      `planned      ${repackPlan === null ? 'not yet' : dataInWords(repackPlan.sparse)}`,
      `moved        ${moved === null ? 'nothing yet' : formatCount(moved.pointsMoved, 'point')}`,
    ],
    repair: [
      `damage       ${formatCount(damage.length, 'finding')}`,
      `healed       ${healed === null ? 'nothing yet' : formatCount(healed.pointsHealed, 'point')}`,
      `left         ${formatCount(damageLeft.length, 'finding')}`,
    ],
    merging: [
      `planned      ${mergePlan === null ? 'not yet' : formatCount(mergePlan.merges.length, 'point')}`,
      `merged       ${formatCount(merged.length, 'point')}`,
    ],
  };
  return [
    `status       ${state.status}`,
    ...done[work],
    ...(problem === null ? [] : [`problem      ${problem.message}`]),
  ];
}

function restoreState(state: StartedRestore): readonly string[] {
  return [
    `status       ${state.status}`,
    `of           ${itemKindWords[state.source.kind]} ${formatId(state.source.id)}`,
    `volumes      ${state.restored.length} of ${state.volumeIds.length} restored`,
    ...(state.problem === null ? [] : [`problem      ${state.problem.message}`]),
    ...state.warnings.map(({ message }) => `left behind  ${message}`),
  ];
}
