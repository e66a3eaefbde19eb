import type { Region } from '../../domain/identifiers.ts';
import type { PoliciesInForce } from '../../domain/policy/belonging.ts';

/** Where there may be something of the repository: at home, and wherever policies copy to. */
export function reconciledRegions(
  home: Region,
  { policies, unreadable }: PoliciesInForce,
): readonly Region[] {
  const lastKnown = unreadable.flatMap((one) => one.lastKnown ?? []);
  const targets = [...policies, ...lastKnown].flatMap(({ replicas }) => replicas);
  return [...new Set([home, ...targets.map(({ target }) => target.region)])];
}
