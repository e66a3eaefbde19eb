import assert from 'node:assert/strict';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import type { PointId, SessionId } from '../../src/domain/identifiers.ts';
import type { ReplicaItem } from '../../src/domain/retention/history-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { StreamName } from '../../src/ports/event-store.ts';
import { type DiskContent, readContent } from '../support/simulation/cloud/disk-content.ts';
import { createMemoryImageTarget } from '../support/simulation/memory-image-target.ts';

export async function stateOfSession(engine: Engine, sessionId: SessionId): Promise<StartedBackup> {
  const events = await Array.fromAsync(engine.replay(sessionId));
  const state = events.at(-1)?.state;
  assert.ok(state !== undefined && state.status !== 'not-started' && 'scope' in state);
  return state;
}

/** The session of a stream in which `SessionStarted` stands. */
export function sessionIdOf(stream: StreamName): SessionId {
  return stream.slice('session-'.length) as SessionId;
}

/**
 * The ids of items that exist, of what a cloud has and of the points of the repository.
 *
 * @param named the replicas that the ledger knows
 */
export async function existingItems(
  engine: Engine,
  named: readonly ReplicaItem[],
  inCloud: { readonly setIds: readonly string[]; readonly copyIds: readonly string[] },
): Promise<readonly string[]> {
  const copies = new Set(inCloud.copyIds);
  const replicaSets = named.filter(({ snapshots }) => {
    const found = snapshots.filter(({ snapshotId }) => copies.delete(snapshotId));
    return found.length > 0;
  });
  assert.deepEqual([...copies], [], 'every copy is of a replica that the ledger knows');
  const points = await Array.fromAsync(engine.listPoints());
  return [
    ...new Set(inCloud.setIds),
    ...replicaSets.map(({ id }) => id),
    ...points.map(({ pointId }) => pointId),
  ].toSorted();
}

export async function assertPointRestores(
  engine: Engine,
  pointId: PointId,
  { content, sizeBytes }: { readonly content: DiskContent; readonly sizeBytes: number },
): Promise<void> {
  const target = createMemoryImageTarget();
  const { status } = await (await engine.startRestore({ pointId, target })).ended;
  assert.equal(status, 'succeeded', `point ${pointId} can be restored`);
  const expected = new Uint8Array(sizeBytes);
  readContent(content, 0, expected);
  const [image] = target.images;
  assert.ok(
    image !== undefined && Buffer.compare(image.bytes, expected) === 0,
    `${pointId}: as it was`,
  );
}
