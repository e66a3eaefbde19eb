import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { WitnessSetting } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { usageError } from '../../usage-error.ts';
import { withVault } from '../../with-vault.ts';
import { collectText } from '../arguments.ts';
import { examplesText } from '../examples.ts';

interface WitnessOptions {
  readonly file?: string;
  readonly command?: string;
  readonly argument?: readonly string[];
  readonly none?: true;
}

export function addAuditWitnessCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('witness')
    .summary('hand each signed checkpoint to a file or a command, or show who gets them')
    .description(
      'Show who gets each signed checkpoint, or say who does. Hand each signed checkpoint to a file on another disk or machine, or to a command (on its ' +
        'standard input, for at most 30 seconds). Then nobody who can change the vault and the ' +
        'repository can take back what was recorded. The vault itself keeps them too.',
    )
    .option('--file <file>', 'append them to this file')
    .option('--command <program>', 'run this program with each')
    .option('--argument <text>', 'an argument of the program (repeatable)', collectText)
    .option('--none', 'hand them to nobody any more')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger audit witness', meaning: 'shows who gets them' },
        { command: 'snapledger audit witness --file /mnt/other/checkpoints', meaning: 'a file' },
        {
          command: 'snapledger audit witness --command mail --argument auditor@example.com',
          meaning: 'a program, with the checkpoint on its standard input',
        },
        { command: 'snapledger audit witness --none', meaning: 'nobody' },
      ),
    )
    .action((options: WitnessOptions) => invoke((context) => witness(context, options)));
}

async function witness(context: CliContext, options: WitnessOptions): Promise<ExitCode> {
  const change = settingOf(context, options);
  const setting = await withVault(context, async (vault) => {
    if (change === 'none-given') return vault.witness();
    await vault.setWitness(change);
    return change;
  });
  await printResult(context, {
    json: { witness: setting },
    people: () =>
      [
        setting === null
          ? 'checkpoints are handed to nobody besides the vault'
          : `each checkpoint is handed to ${setting.kind === 'file' ? setting.path : setting.command.join(' ')}`,
      ].map(printable),
  });
  return exitCodes.done;
}

function settingOf(
  context: CliContext,
  options: WitnessOptions,
): WitnessSetting | null | 'none-given' {
  const { file, command, none, argument } = options;
  const given = [file, command, none].filter((one) => one !== undefined);
  if (given.length > 1) throw usageError('name one witness', 'give --file, --command or --none');
  if (argument !== undefined && command === undefined) {
    throw usageError('--argument is for a program', 'name the program with --command');
  }
  if (file !== undefined) return { kind: 'file', path: resolve(context.workingFolder, file) };
  if (command !== undefined) return { kind: 'command', command: [command, ...(argument ?? [])] };
  return none === undefined ? 'none-given' : null;
}
