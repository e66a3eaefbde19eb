import { hasErrorCode, SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  BlockIndex,
  InstanceId,
  RepositoryId,
  SessionId,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { TransferPlanRef, TransferPlanRequest } from '../../../../src/format/transfer-plan.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import type { StoredBlock } from './stored-block.ts';

/*
 * The objects of the fake format: JSON under the same names as in the native one.
 */

export interface FakeHeader {
  readonly id: RepositoryId;
}

export interface FakePlan {
  readonly sizeBytes: number;
  /** What the blocks are that no entry names. */
  readonly base: 'parent' | 'empty';
  readonly parent: TransferPlanRequest['parent'];
  readonly entries: readonly FakePlanEntry[];
}

export interface FakePlanEntry {
  readonly index: BlockIndex;
  /** `absent`: not read, and absent from now on. */
  readonly task: 'read' | 'absent';
  /** What the parent has at this place; null without a parent. */
  readonly parentBlock: StoredBlock | null;
}

export interface FakeSegment extends TransferSegment {
  /** For each planned block in its order. */
  readonly blocks: readonly StoredBlock[];
}

export type FakePoint =
  | { readonly kind: 'tombstone' }
  | {
      readonly kind: 'point';
      readonly manifest: PointManifest;
      readonly volumes: readonly {
        readonly volumeId: VolumeId;
        readonly blocks: readonly StoredBlock[];
      }[];
    };

export const fakeKeys = {
  header: 'fake' as ObjectKey,
  session: (sessionId: SessionId) => `sessions/${sessionId}` as ObjectKey,
  sessionKey: (sessionId: SessionId) => `keys/${sessionId}` as ObjectKey,
  control: (sessionId: SessionId) => `control/${sessionId}/`,
  plan: ({ sessionId, planId }: TransferPlanRef) =>
    `control/${sessionId}/plan-${planId}/plan` as ObjectKey,
  segment: ({ sessionId, planId }: TransferPlanRef, attempt: number, number: number) =>
    `control/${sessionId}/plan-${planId}/segments-${attempt}/${number}` as ObjectKey,
  packs: (sessionId: SessionId) => `packs/${sessionId}/`,
  point: (instanceId: InstanceId, sessionId: SessionId) =>
    `points/${instanceId}/${sessionId}` as ObjectKey,
  removal: (instanceId: InstanceId, sessionId: SessionId) =>
    `points/${instanceId}/${sessionId}.removed` as ObjectKey,
  points: (instanceId?: InstanceId) =>
    instanceId === undefined ? 'points/' : `points/${instanceId}/`,
} as const;

/** Creates the object; `exists` when somebody was there before. */
export async function createJson(
  objectStore: ObjectStore,
  key: ObjectKey,
  content: object,
): Promise<'created' | 'exists'> {
  try {
    await objectStore.create(key, Buffer.from(JSON.stringify(content), 'utf8'));
    return 'created';
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    return 'exists';
  }
}

/** The object's content, which its key tells the type of, or null when there is none. */
export async function readJson<T>(objectStore: ObjectStore, key: ObjectKey): Promise<T | null> {
  try {
    const text = Buffer.from(await objectStore.get(key)).toString('utf8');
    const content: unknown = JSON.parse(text);
    return content as T;
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    return null;
  }
}

export async function removeAll(objectStore: ObjectStore, prefix: string): Promise<void> {
  for await (const { key } of objectStore.list(prefix)) await objectStore.delete(key);
}

/** Whether the session's point was removed; the mark is made before its object goes. */
export async function isRemoved(
  objectStore: ObjectStore,
  instanceId: InstanceId,
  sessionId: SessionId,
): Promise<boolean> {
  return (await objectStore.head(fakeKeys.removal(instanceId, sessionId))) !== null;
}

export function removedSince(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError('SESSION_FENCED', `the point of ${sessionId} was removed since`);
}

export function invalid(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message);
}
