/**
 * Why a volume is not read by its changed blocks alone. A full *read* still stores only what
 * differs from the parent point; whether the *point* begins anew is another question.
 *
 * Source: DESIGN section 5, research on the vendor's rules in section 1.2.
 */
export type FullReadReason =
  /** A full point was asked for: nothing is compared, and every block is stored anew. */
  | 'full-requested'
  /** There is no restore point of this volume yet. */
  | 'first-backup'
  /** No snapshot set is the CBT base: it was removed, or CBT was off. */
  | 'no-base'
  /** The base exists but is not in the state `completed`. */
  | 'base-not-completed'
  /** The base was moved to the archive tier, from which nothing can be listed. */
  | 'base-archived'
  /** The two snapshots are not of one volume's lineage. */
  | 'unrelated-snapshots'
  /** The region or cloud has no way to list changed blocks. */
  | 'no-changed-block-api'
  /** We may not list changed blocks. */
  | 'no-permission'
  /** The volume's size differs from the base's. */
  | 'volume-resized'
  /** The last point is in another repository than the one that is written to now. */
  | 'repository-changed'
  /** The point that the base belongs to is gone. */
  | 'parent-missing'
  /** The parent point's map cannot be read. */
  | 'parent-damaged'
  /** A collection is about to remove what the parent point needs: the parent was removed. */
  | 'parent-condemned'
  /** As many points need one another already as the storage format can read. */
  | 'chain-too-long'
  /** The policy switched changed block tracking off. */
  | 'cbt-disabled'
  /** The policy keeps no snapshots, so there is never a base. */
  | 'keep-is-zero';
