import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { PointTrace } from '../../point-trace.ts';
import { readJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { damageReason, isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { StoredPoint } from './stored-point.ts';

/** What has become of a point that was committed. A mark of its removal counts if it is authentic. */
export async function tracePoint(
  { objectStore, envelope }: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<PointTrace> {
  const objectKey = objectKeys.point(instanceId, pointId);
  const found = await readUnlessDamaged<StoredPoint>({ objectStore, envelope }, objectKey);
  // The mark after the object: it is made first, and stays.
  const markKey = objectKeys.removal(instanceId, pointId);
  const mark = await readUnlessDamaged<object>({ objectStore, envelope }, markKey);
  if (mark?.kind === 'damaged') {
    const reason = `what hides the point is not a mark of its removal: ${mark.reason}`;
    return { kind: 'missing', objectKey: markKey, reason };
  }
  if (mark !== null) return { kind: 'removed' };
  if (found === null) return { kind: 'missing', objectKey, reason: 'the object is missing' };
  if (found.kind === 'damaged' || found.content.kind === 'point') return { kind: 'there' };
  return { kind: 'missing', objectKey, reason: 'a tombstone is in the place of the point' };
}

type ReadObject<Content> =
  | { readonly kind: 'sound'; readonly content: Content }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Null: there is none. */
async function readUnlessDamaged<Content>(
  { objectStore, envelope }: Pick<RepositoryContext, 'objectStore' | 'envelope'>,
  key: Parameters<typeof readJson>[2],
): Promise<ReadObject<Content> | null> {
  try {
    const content = await readJson<Content>(objectStore, envelope, key);
    return content === null ? null : { kind: 'sound', content };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { kind: 'damaged', reason: damageReason(error) };
  }
}
