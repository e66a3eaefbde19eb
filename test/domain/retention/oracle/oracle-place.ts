import type { ReplicaTarget } from '../../../../src/domain/policy/replica-target.ts';

/** The same region of the same account: of a role counts only whose it is. */
export function isInPlaceOf(a: ReplicaTarget, b: ReplicaTarget): boolean {
  return a.region === b.region && accountOf(a) === accountOf(b);
}

function accountOf({ account }: ReplicaTarget): string | undefined {
  return /::(\d+):/.exec(account?.roleArn ?? '')?.[1];
}
