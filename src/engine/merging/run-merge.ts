import type { InstanceId, PointId, SessionId } from '../../domain/identifiers.ts';
import { instanceHistory } from '../../domain/retention/instance-history.ts';
import type { PointMerger } from '../../format/point-merger.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { loadRecords } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RepositoryWorkSession } from '../repository-session/repository-sessions.ts';

export interface MergeRun {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly claims: InstanceClaims;
  readonly merger: PointMerger;
  readonly instanceId: InstanceId;
  readonly unwanted: () => Promise<ReadonlySet<PointId>>;
  readonly maxBytes: number;
}

/**
 * Records what earlier merges have done and could not record, plans, records the plan, and carries
 * it out: for each point first the repository, then what it needs from now on, by which retention
 * lets others go. When the engine dies a collection ends the session, and the next merge records what
 * it had done.
 */
export async function runMerge(
  run: MergeRun,
  { sessionId, signal, record }: RepositoryWorkSession,
): Promise<void> {
  const { merger, instanceId, maxBytes } = run;
  await recordParents(run, sessionId);
  const options = { unwanted: await run.unwanted(), maxBytes, signal };
  const { merges, left } = await merger.planMerge(instanceId, options);
  await record({ type: 'MergePlanned', data: { instanceId, merges, left } });
  if (merges.length === 0) return;
  for await (const step of merger.merge(instanceId, sessionId, options)) {
    const { pointId, parents } = step;
    await changeParents(run, sessionId, pointId, parents);
    await record({ type: 'PointMerged', data: { instanceId, ...step } });
  }
}

/** The repository knows which points need which; the ledger may have missed the last change. */
async function recordParents(run: MergeRun, sessionId: SessionId): Promise<void> {
  const { ledger, merger, instanceId } = run;
  const { instance, sessions } = await loadRecords(ledger, instanceId);
  const { points } = instanceHistory(sessions, instance);
  const actual = await merger.parentsOf(instanceId);
  for (const { id, parents } of points) {
    const found = actual.get(id);
    const isKnown = found === undefined || isSameSet(found, parents);
    if (!isKnown) await changeParents(run, sessionId, id, found);
  }
}

async function changeParents(
  { engine, claims, instanceId }: MergeRun,
  sessionId: SessionId,
  pointId: PointId,
  parents: readonly PointId[],
): Promise<void> {
  const now = engine.clock.now();
  await claims.decide(instanceId, { type: 'ChangeParents', sessionId, pointId, parents, now });
}

function isSameSet(one: readonly PointId[], other: readonly PointId[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
