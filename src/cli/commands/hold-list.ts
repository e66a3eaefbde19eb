import type { Command } from 'commander';
import type { InstanceId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { warnOfUnreadable } from '../items/each-instance.ts';
import { holdJson, holdTable } from '../items/holds.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addHoldListCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('list')
    .summary('show the holds that are in force')
    .description('Show the locks and legal holds that are in force, oldest first.')
    .argument('[instance]', 'default: all instances')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger hold list web-1', meaning: 'those of one instance' }),
    )
    .action((instance: string | undefined) =>
      invoke((context) =>
        listHolds(context, instance === undefined ? {} : { instanceId: instanceIdOf(instance) }),
      ),
    );
}

async function listHolds(
  context: CliContext,
  filter: { readonly instanceId?: InstanceId },
): Promise<ExitCode> {
  const { holds, unreadable } = await withVault(context, ({ engine }) => engine.listHolds(filter));
  await printResult(context, {
    json: holds.map(holdJson),
    people: () => {
      if (holds.length > 0) return holdTable(holds);
      const none = 'no holds are in force';
      return [unreadable.length === 0 ? none : `${none} of those that could be read`];
    },
  });
  return warnOfUnreadable(context, unreadable);
}
