import type { PointId } from '../../domain/identifiers.ts';

/** A point whose own object is damaged, or that is missing: nothing of it can be restored. */
export interface LostPoint {
  readonly pointId: PointId;
  /** That tells. */
  readonly objectKey: string;
}
