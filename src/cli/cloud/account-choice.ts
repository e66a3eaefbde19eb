import type { Command } from 'commander';
import type { AccountRole } from '../../index.ts';
import { usageError } from '../usage-error.ts';

/** The options of a command that looks into a place of AWS. */
export interface AccountOptions {
  readonly role?: string;
  readonly externalId?: string;
}

export function addAccountOptions(command: Command): Command {
  return command
    .option('--role <arn>', 'another account: the role by which it is entered')
    .option('--external-id <id>', 'what that role asks for besides');
}

/**
 * The account that was chosen; null: that of the credentials.
 *
 * @throws INVALID_ARGUMENT
 */
export function accountChoice({ role, externalId }: AccountOptions): AccountRole | null {
  if (role === undefined) {
    if (externalId === undefined) return null;
    throw usageError('--external-id is for a role', "give the role, too, with '--role'");
  }
  return {
    roleArn: roleArnOf(role, '--role'),
    externalId: externalId === undefined ? null : externalIdOf(externalId),
  };
}

/** @throws INVALID_ARGUMENT */
export function roleArnOf(text: string, option: string): string {
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text)) return text;
  throw usageError(
    `'${text}' is not the ARN of a role`,
    `give one such as '${option} arn:aws:iam::222233334444:role/snapledger-copies'`,
  );
}

/** As STS takes it. @throws INVALID_ARGUMENT */
export function externalIdOf(text: string): string {
  if (/^[\w+=,.@:/-]{2,1224}$/.test(text)) return text;
  throw usageError(
    'that is no external id',
    "give '--external-id' 2 letters, digits or '_+=,.@:/-' at least",
  );
}

/** The options that choose this account, as they follow those before them. */
export function accountOptionsOf(account: AccountRole | null): string {
  if (account === null) return '';
  const { roleArn, externalId } = account;
  return ` --role ${roleArn}${externalId === null ? '' : ' --external-id ID'}`;
}
