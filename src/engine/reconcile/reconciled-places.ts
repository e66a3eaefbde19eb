import type { RecordingSession } from '../../domain/adoption/recorded-items.ts';
import type { Region } from '../../domain/identifiers.ts';
import { type CloudPlace, placeInWords } from '../../domain/policy/cloud-place.ts';
import type { PoliciesInForce } from '../../domain/policy/belonging.ts';

/**
 * Where there may be something of the repository: at home, wherever policies copy to, and where replicas are
 * of which no policy says anything any more.
 */
export function reconciledPlaces(
  home: Region,
  { policies, unreadable }: PoliciesInForce,
  sessions: readonly Pick<RecordingSession, 'replicas' | 'removed' | 'adopted'>[],
): readonly CloudPlace[] {
  const lastKnown = unreadable.flatMap((one) => one.lastKnown ?? []);
  const targets = [...policies, ...lastKnown].flatMap(({ replicas }) => replicas);
  const removed = new Set(sessions.flatMap((session) => session.removed.replicas));
  const made = sessions.flatMap(({ replicas }) => replicas);
  const copies = [
    ...made.filter(({ state }) => state !== 'failed'),
    ...sessions.flatMap(({ adopted }) => adopted.replicas),
  ].filter(({ replicaSetId }) => !removed.has(replicaSetId));
  const places = [
    { region: home, account: null },
    // Those of policies first: the role by which an account is entered may have been replaced.
    ...[...targets, ...copies].map(({ target: { region, account } }) => ({ region, account })),
  ];
  return [...Map.groupBy(places, placeInWords).values()].flatMap((same) => same.slice(0, 1));
}
