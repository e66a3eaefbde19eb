import type { Command } from 'commander';
import type { PolicyId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { examplesText } from './examples.ts';
import { confirmedPreview } from './policy-confirm.ts';

interface PolicyRemoveOptions {
  readonly yes?: true;
}

export function addPolicyRemoveCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('remove')
    .summary('put a policy out of force')
    .description(
      'Put a policy out of force: nothing is backed up by it any more. What it made stays. Its ' +
        'instances go to the next policy that selects them; if that would remove more than half ' +
        'of the sets, replicas or points of one, --yes is needed.',
    )
    .argument('<policy>', 'the name of the policy')
    .option('--yes', 'do it, although much would be removed')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger policy remove nightly', meaning: 'stop its backups' }),
    )
    .action((policy: string, options: PolicyRemoveOptions) =>
      invoke((context) => remove(context, policy as PolicyId, options)),
    );
}

async function remove(
  context: CliContext,
  policyId: PolicyId,
  { yes }: PolicyRemoveOptions,
): Promise<ExitCode> {
  await withVault(context, async ({ engine }) => {
    const confirmation = yes === true ? 'given' : 'missing';
    await confirmedPreview(engine, { remove: [policyId] }, confirmation);
    await engine.removePolicy(policyId);
  });
  await printResult(context, {
    json: { id: policyId, change: 'removed' },
    people: () => [`policy ${policyId}: removed; what it made stays`],
  });
  return exitCodes.done;
}
