import { Argument, type Command } from 'commander';
import { keyTrustOf, roleTrustOf, type TrustPolicy } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { externalIdOf, roleArnOf } from '../cloud/account-choice.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { examplesText } from './examples.ts';

interface AwsTrustOptions {
  readonly engine?: string;
  readonly externalId?: string;
  readonly accountRole?: string;
}

export function addAwsTrustCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('trust')
    .summary('print whom a role, or a key, of another account has to trust')
    .description(
      'Print the trust policy of the role by which another account is entered that policies copy to, or ' +
        'what the policy of a key of KMS has to have for that role: the key that encrypts the sources, if ' +
        'it is one of your own, and the key of the copies. No vault is needed.',
    )
    .addArgument(new Argument('<of>', 'what has to trust').choices(['role', 'key']))
    .option('--engine <arn>', 'role: the role, or the user, that the engine runs as')
    .option('--external-id <id>', 'role: what has to be said besides by whoever takes it on')
    .option('--account-role <arn>', 'key: the role in the other account')
    .addHelpText(
      'after',
      examplesText(
        {
          command:
            'snapledger aws trust role --engine arn:aws:iam::111122223333:role/snapledger --external-id ID',
          meaning: 'for the role in the other account',
        },
        {
          command:
            'snapledger aws trust key --account-role arn:aws:iam::222233334444:role/snapledger-copies',
          meaning: 'for a key of KMS',
        },
      ),
    )
    .action((of: 'role' | 'key', options: AwsTrustOptions) =>
      invoke((context) => printTrust(context, of, options)),
    );
}

async function printTrust(
  context: CliContext,
  of: 'role' | 'key',
  options: AwsTrustOptions,
): Promise<ExitCode> {
  const policy = of === 'role' ? trustOfRole(options) : trustOfKey(options);
  await printResult(context, {
    json: policy,
    people: () => JSON.stringify(policy, null, 2).split('\n'),
  });
  return exitCodes.done;
}

function trustOfRole({ engine, externalId, accountRole }: AwsTrustOptions): TrustPolicy {
  if (accountRole !== undefined) {
    throw usageError('--account-role is for a key', "give the engine with '--engine'");
  }
  const engineArn = needed(engine, '--engine');
  if (!/^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]+$/.test(engineArn)) {
    throw usageError(
      `'${engineArn}' is not the ARN of a role or a user`,
      "give one such as '--engine arn:aws:iam::111122223333:role/snapledger'",
    );
  }
  return roleTrustOf(engineArn, externalId === undefined ? null : externalIdOf(externalId));
}

function trustOfKey({ engine, externalId, accountRole }: AwsTrustOptions): TrustPolicy {
  if (engine !== undefined || externalId !== undefined) {
    throw usageError(
      '--engine and --external-id are for a role',
      "give the role that is to use the key with '--account-role'",
    );
  }
  return keyTrustOf(roleArnOf(needed(accountRole, '--account-role'), '--account-role'));
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw usageError('nothing says who is to be trusted', `give its ARN with '${option}'`);
}
