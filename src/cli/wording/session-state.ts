import type { ReplayedEvent, StartedBackup, StartedRestore } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatPercent } from '../output/format-quantity.ts';

/** The state of a session, as lines of a name and a value. */
export function stateInWords(state: ReplayedEvent['state']): readonly string[] {
  if (state.status === 'not-started') return ['status       not started'];
  return 'scope' in state ? backupState(state) : restoreState(state);
}

function backupState(state: StartedBackup): readonly string[] {
  const planned = state.transfers.reduce((sum, { plannedBlocks }) => sum + plannedBlocks, 0);
  const durable = state.transfers.reduce((sum, { endPlanned }) => sum + endPlanned, 0);
  const { snapshotSet: set, worker, point, retention, ending } = state;
  return [
    `status       ${state.status}${ending === null ? '' : ` (ending: ${ending.outcome})`}`,
    `snapshots    ${set === null ? 'none yet' : `set ${formatId(set.setId)}: ${set.state}`}`,
    `worker       ${worker.state === 'possible' ? 'to be launched' : worker.state}`,
    state.readPlan === null
      ? 'blocks       reading is not planned'
      : `blocks       ${durable} of ${planned} durable (${formatPercent(durable, planned)})`,
    `point        ${point === null ? 'none' : formatId(point.pointId)}`,
    retention === null
      ? 'retention    not decided'
      : `retention    ${formatCount(retention.snapshots.keep.length, 'set')} kept, ` +
        `${state.removed.sets.length} of ${retention.snapshots.remove.length} removed`,
    ...state.warnings.map(({ message }) => `warning      ${message}`),
  ];
}

function restoreState(state: StartedRestore): readonly string[] {
  return [
    `status       ${state.status}`,
    `point        ${formatId(state.pointId)}`,
    `volumes      ${state.restored.length} of ${state.volumeIds.length} restored`,
    ...(state.problem === null ? [] : [`problem      ${state.problem.message}`]),
  ];
}
