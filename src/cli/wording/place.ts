import { placeInWords, type ReplicaTarget } from '../../index.ts';

/** `eu-west-1 of account 222233334444 (key …)` */
export function targetInWords(target: ReplicaTarget): string {
  const { keyId } = target;
  return keyId === null ? placeInWords(target) : `${placeInWords(target)} (key ${keyId})`;
}
