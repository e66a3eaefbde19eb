import type { InstanceId } from '../../domain/identifiers.ts';
import type { Relocator } from '../../format/relocator.ts';
import type { RepositoryWorkSession } from '../repository-session/repository-sessions.ts';

export interface RepackRun {
  readonly relocator: Relocator;
  readonly instanceId: InstanceId;
  readonly maxBytes: number;
}

/**
 * Plans, records the plan, and carries it out. When the engine dies the session is a writer that was
 * left: a collection ends it, and nothing has changed or all of it has.
 */
export async function runRepack(
  { relocator, instanceId, maxBytes }: RepackRun,
  { sessionId, signal, record }: RepositoryWorkSession,
): Promise<void> {
  const options = { maxBytes, signal };
  const plan = await relocator.planRepack(instanceId, options);
  await record({ type: 'RepackPlanned', data: { instanceId, ...plan } });
  if (plan.sparse.objects === 0) return;
  const done = await relocator.repack(instanceId, sessionId, options);
  await record({ type: 'DataMoved', data: { instanceId, ...done } });
}
