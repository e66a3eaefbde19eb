import type { Command } from 'commander';
import type { PolicyDescription } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatLocalMinute } from '../output/format-time.ts';
import { printResult, warn } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { remedyOf } from '../wording/remedies.ts';
import { examplesText } from './examples.ts';

export function addPolicyListCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('list')
    .summary('show the policies, and when each runs next')
    .description('Show the policies in force, and when each runs next.')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger policy list', meaning: 'one line for each policy' }),
    )
    .action(() => invoke(listPolicies));
}

/** A policy as `--json` shows it in lists. */
export function policyDescriptionJson({ policy, error, ...rest }: PolicyDescription): object {
  const { policyId, ...fields } = policy;
  const problem = error === null ? null : { code: error.code, message: error.message };
  return { id: policyId, ...rest, problem, policy: { policyId, ...fields } };
}

async function listPolicies(context: CliContext): Promise<ExitCode> {
  const { policies, unreadable } = await withVault(context, async ({ engine }) => ({
    policies: await engine.listPolicies(),
    unreadable: await engine.unreadablePolicies(),
  }));
  await printResult(context, {
    json: policies.map(policyDescriptionJson),
    people: () =>
      policies.length === 0 ? ['no policies yet; see: snapledger policy set'] : table(policies),
  });
  for (const { policyId, error } of unreadable) {
    await warn(context, `policy '${policyId}' cannot be read: ${error.message}`, remedyOf(error));
  }
  const unreadRuns = policies.flatMap(({ policy: { policyId }, error }) =>
    error === null ? [] : [{ policyId, error }],
  );
  for (const { policyId, error } of unreadRuns) {
    const what = `the runs of policy '${policyId}' cannot be read, so that none is begun or gone on with`;
    await warn(context, `${what}: ${error.message}`, remedyOf(error));
  }
  return [...unreadable, ...unreadRuns].length === 0 ? exitCodes.done : exitCodes.warnings;
}

function table(policies: readonly PolicyDescription[]): readonly string[] {
  return formatTable(
    [
      { title: 'POLICY', align: 'left' },
      { title: 'PRIORITY', align: 'right' },
      { title: 'VERSION', align: 'right' },
      { title: 'SET', align: 'left' },
      { title: 'LAST RUN', align: 'left' },
      { title: 'NEXT RUN', align: 'left' },
    ],
    policies.map(({ policy, version, setAt, lastRunId, state, nextRunAt }) => ({
      cells: [
        policy.policyId,
        String(policy.priority),
        String(version),
        formatLocalMinute(setAt),
        ...(state === 'unreadable'
          ? ['not known', 'none']
          : [
              lastRunId === null
                ? 'none'
                : `${formatId(lastRunId)}${state === 'running' ? ' (open)' : ''}`,
              nextRunAt === null ? 'on demand' : formatLocalMinute(nextRunAt),
            ]),
      ],
    })),
  );
}
