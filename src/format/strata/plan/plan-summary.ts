import type { PointId, VolumeId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';

/** What a whole plan was made for; the commit holds its request to it. */
export interface PlanSummary {
  /** What the blocks are that the plan does not name: as in the parent, or absent. */
  readonly base: 'parent' | 'empty';
  readonly sizeBytes: number;
  readonly parent: { readonly pointId: PointId; readonly volumeId: VolumeId } | null;
  readonly plannedBlocks: number;
  readonly pages: number;
}

export function encodePlanSummary(summary: PlanSummary): Uint8Array {
  const { base, sizeBytes, parent, plannedBlocks, pages } = summary;
  return encodeMsgpack({
    base,
    sizeBytes,
    parent: parent === null ? null : { pointId: parent.pointId, volumeId: parent.volumeId },
    plannedBlocks,
    pages,
  });
}

/** @throws OBJECT_CORRUPT */
export function decodePlanSummary(content: Uint8Array, location: ObjectLocation): PlanSummary {
  const fields = StoredFields.decode(content, location);
  return {
    base: fields.oneOf('base', ['parent', 'empty']),
    sizeBytes: fields.count('sizeBytes', { min: 1 }),
    parent: fields.isNull('parent') ? null : readParent(fields.map('parent')),
    plannedBlocks: fields.count('plannedBlocks'),
    pages: fields.count('pages', { min: 1 }),
  };
}

function readParent(fields: StoredFields): NonNullable<PlanSummary['parent']> {
  return {
    pointId: fields.uuid('pointId') as PointId,
    volumeId: fields.text('volumeId') as VolumeId,
  };
}
