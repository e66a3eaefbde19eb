import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { examplesText } from './examples.ts';
import { confirmedPreview } from './policy-confirm.ts';
import { readPolicyFile } from './policy-file.ts';

interface PolicyApplyOptions {
  readonly yes?: true;
}

export function addPolicyApplyCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('apply')
    .summary('set the policies of a file')
    .description(
      'Set all policies of a file in YAML or JSON; policies that the file does not name stay. ' +
        'Nothing is stored when anything in the file is wrong. A change after which more than half of ' +
        'the sets, replicas or points of an instance would go with its next retention or backup, or ' +
        'that keeps no snapshot set (with changed block tracking off), needs --yes.',
    )
    .argument('<file>', "a file with policies; 'snapledger policy schema' says what it holds")
    .option('--yes', 'do it, although much would be removed')
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger policy apply policies.yaml',
        meaning: 'set its policies, or say what is wrong and where',
      }),
    )
    .action((file: string, options: PolicyApplyOptions) =>
      invoke((context) => apply(context, file, options)),
    );
}

export function addPolicyValidateCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('validate')
    .summary('check a file with policies')
    .description('Check a file with policies without storing anything. Needs no vault.')
    .argument('<file>', 'a file with policies')
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger policy validate policies.yaml',
        meaning: 'what is wrong, with its line',
      }),
    )
    .action((file: string) => invoke((context) => validate(context, file)));
}

async function apply(
  context: CliContext,
  file: string,
  { yes }: PolicyApplyOptions,
): Promise<ExitCode> {
  const policies = await readPolicyFile(context, file);
  const { changes } = await withVault(context, async ({ engine }) => {
    const confirmation = yes === true ? 'given' : 'missing';
    const preview = await confirmedPreview(engine, { set: policies }, confirmation);
    const unchanged = new Set(
      preview.changes.filter(({ kind }) => kind === 'unchanged').map(({ policyId }) => policyId),
    );
    await engine.setPolicies(policies.filter(({ policyId }) => !unchanged.has(policyId)));
    return preview;
  });
  await printResult(context, {
    json: changes.map(({ policyId, kind }) => ({ id: policyId, change: kind })),
    people: () => changes.map(({ policyId, kind }) => `policy ${policyId}: ${kind}`),
  });
  return exitCodes.done;
}

async function validate(context: CliContext, file: string): Promise<ExitCode> {
  const policies = await readPolicyFile(context, file);
  await printResult(context, {
    json: policies.map(({ policyId, ...policy }) => ({ id: policyId, ...policy })),
    people: () => [`${file} is sound: ${formatCount(policies.length, 'policy', 'policies')}`],
  });
  return exitCodes.done;
}
