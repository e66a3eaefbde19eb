import type { ReplayedEvent, SessionSummary } from '../../index.ts';

/** A session as `--json` shows it in lists. */
export function sessionJson({ sessionId, ...summary }: SessionSummary): object {
  return { id: sessionId, ...summary };
}

/** A session that was run or resumed, with what it did to each volume and each snapshot set. */
export function endedSessionJson(summary: SessionSummary, state: ReplayedEvent['state']): object {
  if (state.status === 'not-started') return sessionJson(summary);
  if ('trigger' in state) {
    const { trigger, parts, skipped, outcomes } = state;
    const instances = [...outcomes].map(([instanceId, end]) => ({ instanceId, ...end }));
    return { ...sessionJson(summary), trigger, parts, skipped, instances };
  }
  if ('work' in state) {
    const { work, plan, writersEnded, condemned, removed, damage, covered } = state;
    const { repackPlan, moved, mergePlan, merged } = state;
    const { repairPlan, healed, damageLeft, marked } = state;
    const done = {
      collection: { plan, writersEnded, condemned, removed },
      verification: { damage, covered },
      repacking: { plan: repackPlan, moved },
      repair: { damage, plan: repairPlan, healed, damageLeft, marked },
      merging: { plan: mergePlan, merged },
    };
    return { ...sessionJson(summary), ...done[work] };
  }
  if (!('scope' in state)) {
    const { launched, restored: volumes, exchange, confirmation } = state;
    return { ...sessionJson(summary), launched, volumes, exchange, confirmation };
  }
  if (state.scope === 'adoption') return { ...sessionJson(summary), adopted: state.adopted };
  const { snapshotSet, readPlan, transfers, retention } = state;
  const volumes = (readPlan ?? []).map((planned) => ({
    ...planned,
    transfer: transfers.find(({ volumeId }) => volumeId === planned.volumeId) ?? null,
  }));
  return { ...sessionJson(summary), snapshotSet, volumes, retention };
}
