import { Argument, type Command } from 'commander';
import type { AwsPolicyRequest } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { roleArnOf } from '../cloud/account-choice.ts';
import { printResult } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { collectText } from './arguments.ts';
import { examplesText } from './examples.ts';

type Caller = AwsPolicyRequest['caller'];

interface AwsPolicyOptions {
  readonly workerRole?: string | null;
  readonly accountRole?: readonly string[];
  readonly key?: readonly string[];
}

export function addAwsPolicyCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('policy')
    .summary('print the permissions that AWS has to give, as a policy of IAM')
    .description(
      'Print the policy of IAM with the least that the engine, or a worker, needs in AWS. What it ' +
        'lets be changed or removed must carry the mark of this repository, which is one of its ' +
        "encrypted tags. What restores to original places take besides ('restore --to-original': they " +
        "stop instances and detach their volumes) is a policy of its own, 'original'. " +
        "Another account that policies copy to is entered by a role there, which needs the policy 'account'.",
    )
    .addArgument(
      new Argument('<caller>', 'whom the policy is for').choices([
        'engine',
        'worker',
        'original',
        'account',
      ]),
    )
    .option(
      '--worker-role <arn>',
      'the role that the engine hands to workers; needed for the engine of a vault with workers',
    )
    .option(
      '--account-role <arn>',
      'engine: a role of another account that policies copy to (can be given several times)',
      collectText,
    )
    .option(
      '--key <arn>',
      'account: a key of KMS, of the sources or of the copies (can be given several times)',
      collectText,
    )
    .addHelpText(
      'after',
      examplesText(
        {
          command:
            'snapledger aws policy engine --worker-role arn:aws:iam::111122223333:role/workers',
          meaning: 'for the engine',
        },
        { command: 'snapledger aws policy engine', meaning: 'the same where there are no workers' },
        { command: 'snapledger aws policy worker', meaning: 'for the role of the workers' },
        {
          command: 'snapledger aws policy original',
          meaning: 'for the engine as well, where it is to restore to original places',
        },
        {
          command: 'snapledger aws policy account',
          meaning: 'for the role in another account that policies copy to',
        },
      ),
    )
    .action((caller: Caller, options: AwsPolicyOptions) =>
      invoke((context) => printPolicy(context, caller, options)),
    );
}

async function printPolicy(
  context: CliContext,
  caller: Caller,
  { workerRole = null, accountRole = [], key = [] }: AwsPolicyOptions,
): Promise<ExitCode> {
  if (caller !== 'engine' && accountRole.length > 0) {
    throw usageError('--account-role is for the engine', "give it to 'aws policy engine'");
  }
  if (caller !== 'account' && key.length > 0) {
    throw usageError('--key is for the role in another account', "give it to 'aws policy account'");
  }
  const text = await withVault(context, (vault) =>
    vault.awsPolicy({
      caller,
      workerRoleArn: workerRole,
      accountRoleArns: accountRole.map((arn) => roleArnOf(arn, '--account-role')),
      keyArns: key.map(keyArnOf),
    }),
  );
  await printResult(context, {
    json: JSON.parse(text),
    people: () => text.trimEnd().split('\n'),
  });
  return exitCodes.done;
}

/** A policy does not find a key by its alias. */
function keyArnOf(text: string): string {
  if (/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(text)) return text;
  throw usageError(
    `'${text}' is not the ARN of a key`,
    "give one such as '--key arn:aws:kms:eu-west-1:111122223333:key/ID': aliases mean nothing in a policy",
  );
}
