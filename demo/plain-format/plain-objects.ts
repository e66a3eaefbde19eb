import { createHash } from 'node:crypto';
import {
  hasErrorCode,
  type InstanceId,
  type ObjectKey,
  type ObjectStore,
  type PointManifest,
  type SessionId,
  SnapledgerError,
  type TransferPlanRef,
  type TransferPlanRequest,
  type TransferSegment,
  type VolumeId,
} from '../../src/format.ts';

/*
 * The objects of a plain repository. Blocks lie as they are in packs; all else is JSON below a line
 * with its SHA-256, so that what is damaged is noticed.
 */

/** What a point has of a block. */
export type PlainBlock = 'absent' | 'zero' | StoredBlock;

/** A block in a pack, which belongs to the session in its name. */
export interface StoredBlock {
  readonly pack: ObjectKey;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly sha256: string;
}

export interface PlainPlan {
  readonly sizeBytes: number;
  readonly parent: TransferPlanRequest['parent'];
  /** What the blocks are that are not in the plan. */
  readonly others: 'as-in-parent' | 'absent';
  readonly blocks: readonly PlannedBlock[];
}

export interface PlannedBlock {
  readonly index: number;
  /** `absent` blocks are not read. */
  readonly task: 'read' | 'absent';
  /** What the parent has there; null without a parent. */
  readonly before: PlainBlock | null;
}

export interface PlainSegment extends TransferSegment {
  /** What each planned block of the segment is. */
  readonly blocks: readonly PlainBlock[];
}

export type PlainPoint =
  | { readonly kind: 'tombstone' }
  | {
      readonly kind: 'point';
      readonly manifest: PointManifest;
      readonly volumes: readonly {
        readonly volumeId: VolumeId;
        readonly blocks: readonly PlainBlock[];
      }[];
    };

export const plainKeys = {
  header: 'plain' as ObjectKey,
  writer: (sessionId: SessionId) => `sessions/${sessionId}` as ObjectKey,
  control: (sessionId: SessionId) => `control/${sessionId}/`,
  plan: ({ sessionId, planId }: TransferPlanRef) =>
    `control/${sessionId}/plan-${planId}/plan` as ObjectKey,
  segment: ({ sessionId, planId }: TransferPlanRef, attempt: number, number: number) =>
    `control/${sessionId}/segments-${planId}/${attempt}-${number}` as ObjectKey,
  packs: (sessionId: SessionId) => `packs/${sessionId}/`,
  pack: ({ sessionId, planId }: TransferPlanRef, attempt: number, number: number) =>
    `packs/${sessionId}/${planId}-${attempt}-${number}` as ObjectKey,
  points: (instanceId: InstanceId | undefined) =>
    instanceId === undefined ? 'points/' : `points/${instanceId}/`,
  point: (instanceId: InstanceId, sessionId: SessionId) =>
    `points/${instanceId}/${sessionId}` as ObjectKey,
  removed: (instanceId: InstanceId, sessionId: SessionId) =>
    `points/${instanceId}/${sessionId}.removed` as ObjectKey,
} as const;

/** Creates the object; `exists` when somebody was there before. */
export async function createOnce(
  objectStore: ObjectStore,
  key: ObjectKey,
  content: object,
): Promise<'created' | 'exists'> {
  const json = JSON.stringify(content);
  try {
    await objectStore.create(key, Buffer.from(`${sha256Of(Buffer.from(json))}\n${json}`));
    return 'created';
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    return 'exists';
  }
}

/** What `createOnce` made of a `T`, or null when there is no object. @throws OBJECT_CORRUPT */
export async function readObject<T>(objectStore: ObjectStore, key: ObjectKey): Promise<T | null> {
  let text: string;
  try {
    text = Buffer.from(await objectStore.get(key)).toString('utf8');
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    return null;
  }
  const end = text.indexOf('\n');
  const json = text.slice(end + 1);
  if (end < 0 || sha256Of(Buffer.from(json)) !== text.slice(0, end)) throw corrupt(key);
  return JSON.parse(json) as T;
}

export async function removeAll(objectStore: ObjectStore, prefix: string): Promise<void> {
  for await (const { key } of objectStore.list(prefix)) await objectStore.delete(key);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function corrupt(key: ObjectKey): SnapledgerError {
  return new SnapledgerError('OBJECT_CORRUPT', `the object ${key} is not what was stored`);
}

export function invalid(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message);
}

export function fenced(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError('SESSION_FENCED', `the session ${sessionId} can make no point`);
}
