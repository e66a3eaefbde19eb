import { accountIdOf, placeInWords, type ReplicaTarget } from '../../index.ts';

/** `eu-west-1 of account 222233334444 (key …)` */
export function targetInWords(target: ReplicaTarget): string {
  const { keyId } = target;
  return keyId === null ? placeInWords(target) : `${placeInWords(target)} (key ${keyId})`;
}

/** For programs. What the role asks for besides is not said. */
export function targetAsJson({ region, keyId, account }: ReplicaTarget): object {
  return {
    region,
    keyId,
    accountId: account === null ? null : accountIdOf(account),
    roleArn: account?.roleArn ?? null,
  };
}
