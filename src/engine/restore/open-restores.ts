import type { InstanceId } from '../../domain/identifiers.ts';
import type { OpenRestore } from '../../domain/retention/instance-history.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

/** The restores of an instance's points that have not ended. */
export async function openRestores(
  directory: SessionDirectory,
  instanceId: InstanceId,
): Promise<readonly OpenRestore[]> {
  const open = await directory.entries({ instanceId, kind: 'restore', status: 'running' });
  return open.flatMap(({ sessionId, facts: { pointId } }) =>
    pointId === null ? [] : [{ sessionId, pointId }],
  );
}
