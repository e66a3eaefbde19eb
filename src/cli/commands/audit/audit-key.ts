import type { Command } from 'commander';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { withVault } from '../../with-vault.ts';
import { examplesText } from '../examples.ts';

interface KeyOptions {
  readonly read?: true;
}

export function addAuditKeyCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('key')
    .summary('show the public key that checks the record')
    .description(
      'Show the public key of the record, for snapledger-verify. Give it to the auditor by a way of ' +
        'its own: who could change the repository could send another key along with it.\n\n' +
        'With --read it shows the key that opens the sealed records, and nothing else in the ' +
        'repository: a secret, for an auditor who is to read them.',
    )
    .option('--read', 'show the secret key that opens the records instead')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger audit key', meaning: 'the public key, on one line' }),
    )
    .action((options: KeyOptions) => invoke((context) => showKey(context, options)));
}

async function showKey(context: CliContext, options: KeyOptions): Promise<ExitCode> {
  const key = await withVault(context, ({ engine }) =>
    options.read === true ? engine.audit.readKey() : engine.audit.publicKey(),
  );
  const json = options.read === true ? { readKey: key } : { publicKey: key };
  await printResult(context, { json, people: () => [key] });
  return exitCodes.done;
}
