import type { Region } from '../identifiers.ts';
import { accountIdOf, type AccountRole, isSameAccount } from './account-role.ts';

/** A region of an account. */
export interface CloudPlace {
  readonly region: Region;
  /** Null: the account of the instances. */
  readonly account: AccountRole | null;
}

export function isSamePlace(a: CloudPlace, b: CloudPlace): boolean {
  return a.region === b.region && isSameAccount(a.account, b.account);
}

/** For messages. What the role asks for besides is not said. */
export function placeInWords({ region, account }: CloudPlace): string {
  return account === null ? region : `${region} of account ${accountIdOf(account)}`;
}
