import type {
  AdoptedItems,
  AdoptedReplica,
  AdoptedSet,
} from '../backup-session/adoption-events.ts';

/** The set or replica of this id among what was adopted. */
export function adoptedItem(
  { sets, replicas }: AdoptedItems,
  id: string,
): AdoptedSet | AdoptedReplica | undefined {
  return (
    sets.find(({ setId }) => setId === id) ??
    replicas.find(({ replicaSetId }) => replicaSetId === id)
  );
}
