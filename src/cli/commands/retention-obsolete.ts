import type { Command } from 'commander';
import type { ObsoleteRule } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { periodInWords } from '../wording/retention.ts';
import { examplesText } from './examples.ts';
import { parsePeriod } from './moments.ts';
import { type Confirmation, confirmedPreview } from './policy-confirm.ts';

export function addRetentionObsoleteCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('obsolete')
    .summary('say what becomes of items that no policy rules over any more')
    .description(
      'Show, or set, what becomes of the snapshot sets, replicas and restore points of instances ' +
        'that no policy covers any more. Unless it is set they stay. Items made by hand are not ' +
        'meant: only their own expiry removes them. A rule that would remove more than half of the ' +
        'sets, replicas or points of an instance needs --yes.',
    )
    .option('--yes', 'do it, although much would be removed')
    .argument('[rule]', "'never', or the age at which they go: 90d, 12w, 6m, 1y", obsoleteRuleOf)
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger retention obsolete', meaning: 'show the rule' },
        { command: 'snapledger retention obsolete 6m', meaning: 'they go when 6 months old' },
        { command: 'snapledger retention obsolete never', meaning: 'they stay' },
      ),
    )
    .action((rule: ObsoleteRule | undefined, { yes }: { readonly yes?: true }) =>
      invoke((context) => showOrSet(context, rule ?? null, yes === true ? 'given' : 'missing')),
    );
}

function obsoleteRuleOf(text: string): ObsoleteRule {
  return text === 'never' ? { kind: 'never' } : { kind: 'after', period: parsePeriod(text) };
}

async function showOrSet(
  context: CliContext,
  wanted: ObsoleteRule | null,
  confirmation: Confirmation,
): Promise<ExitCode> {
  const rule = await withVault(context, async ({ engine }) => {
    if (wanted === null) return engine.obsoleteRule();
    await confirmedPreview(engine, { obsolete: wanted }, confirmation);
    await engine.setObsoleteRule(wanted);
    return wanted;
  });
  await printResult(context, {
    json: { obsolete: rule },
    people: () => [
      rule.kind === 'never'
        ? 'items that no policy rules over stay'
        : `items that no policy rules over go when they are ${periodInWords(rule.period)} old`,
    ],
  });
  return exitCodes.done;
}
