import type { Region } from '../../domain/identifiers.ts';
import { type CloudPlace, placeInWords } from '../../domain/policy/cloud-place.ts';
import type { PoliciesInForce } from '../../domain/policy/belonging.ts';
import type { ReconciledSession } from './plan-reconciliation.ts';

/**
 * Where there may be something of the repository: at home, wherever policies copy to, and where replicas are
 * of which no policy says anything any more.
 */
export function reconciledPlaces(
  home: Region,
  { policies, unreadable }: PoliciesInForce,
  sessions: readonly Pick<ReconciledSession, 'replicas' | 'removed'>[],
): readonly CloudPlace[] {
  const lastKnown = unreadable.flatMap((one) => one.lastKnown ?? []);
  const targets = [...policies, ...lastKnown].flatMap(({ replicas }) => replicas);
  const removed = new Set(sessions.flatMap((session) => session.removed.replicas));
  const copies = sessions
    .flatMap(({ replicas }) => replicas)
    .filter(({ replicaSetId, state }) => state !== 'failed' && !removed.has(replicaSetId));
  const places = [
    { region: home, account: null },
    // Those of policies first: the role by which an account is entered may have been replaced.
    ...[...targets, ...copies].map(({ target: { region, account } }) => ({ region, account })),
  ];
  return [...Map.groupBy(places, placeInWords).values()].flatMap((same) => same.slice(0, 1));
}
