/** Another account, and the role by which it is entered. */
export interface AccountRole {
  readonly roleArn: string;
  /** What the role asks for besides, from everybody who wants to have it; null: nothing. */
  readonly externalId: string | null;
}

/** The number of the account, which is a part of the name of its role. */
export function accountIdOf({ roleArn }: AccountRole): string {
  return roleArn.split(':')[4] ?? '';
}

/** The same role, with the same external id. */
export function isSameRole(a: AccountRole | null, b: AccountRole | null): boolean {
  return a?.roleArn === b?.roleArn && a?.externalId === b?.externalId;
}

/** Whichever role it is entered by; null is the account of the instances. */
export function isSameAccount(a: AccountRole | null, b: AccountRole | null): boolean {
  if (a === null || b === null) return a === b;
  return accountIdOf(a) === accountIdOf(b);
}
