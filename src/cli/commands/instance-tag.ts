import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { collectTag, collectText, instanceIdOf, type TagArgument, tagsOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { instanceJson } from './instance-list.ts';
import { confirmedPreview } from './policy-confirm.ts';

interface InstanceTagOptions {
  readonly set?: readonly TagArgument[];
  readonly remove?: readonly string[];
  readonly yes?: true;
}

export function addInstanceTagCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('tag')
    .summary('change the tags of an instance')
    .description(
      'Change the tags of an instance, by which policies can select it. A change after which no ' +
        'policy covers it any more, or more than half of its sets, replicas or points would be ' +
        'removed, needs --yes.',
    )
    .argument('<instance>', 'the instance')
    .option('--set <key=value>', 'give it this tag (can be given several times)', collectTag)
    .option('--remove <key>', 'take this tag away (can be given several times)', collectText)
    .option('--yes', 'do it, although no policy covers it then or much would be removed')
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger instance tag web-1 --set env=prod --remove draft',
        meaning: 'give it one tag and take another away',
      }),
    )
    .action((instance: string, options: InstanceTagOptions) =>
      invoke((context) => tag(context, instance, options)),
    );
}

async function tag(
  context: CliContext,
  instance: string,
  { set = [], remove = [], yes }: InstanceTagOptions,
): Promise<ExitCode> {
  const instanceId = instanceIdOf(instance);
  if (set.length + remove.length === 0) {
    throw usageError('no tag is given', 'give --set KEY=VALUE or --remove KEY');
  }
  const changes = { ...Object.fromEntries(remove.map((key) => [key, null])), ...tagsOf(set) };
  const changed = await withVault(context, async (vault) => {
    const retagged = [await vault.taggedInstance(instanceId, changes)];
    const confirmation = yes === true ? 'given' : 'missing';
    await confirmedPreview(vault.engine, { retagged }, confirmation);
    return vault.tagInstance(instanceId, changes);
  });
  const tags = Object.entries(changed.tags).map(([key, value]) => `${key}=${value}`);
  await printResult(context, {
    json: instanceJson(changed),
    people: () => [`tags of ${instance}: ${tags.length === 0 ? 'none' : tags.join(', ')}`],
  });
  return exitCodes.done;
}
