import type { Command } from 'commander';
import type { BackupPolicy, InstanceId, PolicyId, UnreadableInstance, Vault } from '../../index.ts';
import { SnapledgerError } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { ofEachInstance, warnOfUnreadable } from '../items/each-instance.ts';
import { formatNumber } from '../output/format-quantity.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { policyInWords } from '../wording/policy.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { assertInstanceKnown } from './known-instance.ts';
import { policyDescriptionJson } from './policy-list.ts';

/** Instances that are named of those that a policy covers: ids of EC2 fit on a line. */
const namedMax = 3;

interface CoveredInstance {
  readonly instanceId: InstanceId;
  readonly policy: BackupPolicy | null;
}

export function addPolicyShowCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('show')
    .summary('show how instances are backed up')
    .description(
      'Show one policy, the policy that an instance belongs to, or those of all instances, each ' +
        'with the instances that it covers.',
    )
    .argument('[name]', 'of a policy or of an instance; default: all instances')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger policy show web-1', meaning: 'one policy, or that of an instance' },
        { command: 'snapledger policy show --json', meaning: 'those of all, for a program' },
      ),
    )
    .action((name: string | undefined) =>
      invoke((context) => (name === undefined ? showAll(context) : showNamed(context, name))),
    );
}

/** A policy as `--json` shows it, together with the instance that it is shown for. */
export function policyJson(instanceId: InstanceId, { policyId, ...rest }: BackupPolicy): object {
  return { id: policyId, instanceId, ...rest };
}

/** A policy made by `policy set` has the name of its instance, so that both mean the same. */
async function showNamed(context: CliContext, name: string): Promise<ExitCode> {
  const { found, covered, unreadable } = await withVault(context, async (vault) => {
    const policies = await vault.engine.listPolicies();
    const named = policies.find(({ policy }) => policy.policyId === name) ?? null;
    if (named === null) return { found: null, covered: [], unreadable: [] };
    return { found: named, ...(await coveredInstances(vault)) };
  });
  if (found === null) return showOne(context, instanceIdOf(name));
  await printResult(context, {
    json: policyDescriptionJson(found),
    people: () => policyLines(`policy ${name}, version ${found.version}`, found.policy, covered),
  });
  return warnOfUnreadable(context, unreadable);
}

async function showOne(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const { policy, covered, unreadable } = await withVault(context, async (vault) => {
    await assertInstanceKnown(vault.engine, instanceId);
    return {
      policy: await vault.engine.policyOf(instanceId),
      ...(await coveredInstances(vault)),
    };
  });
  if (policy === null) {
    throw new SnapledgerError('NO_POLICY', `there is no policy for instance '${instanceId}'`, {
      remedy: `Make one with 'snapledger policy set ${instanceId}'.`,
    });
  }
  await printResult(context, {
    json: policyJson(instanceId, policy),
    people: () => policyLines(`policy of ${instanceId}: ${policy.policyId}`, policy, covered),
  });
  return warnOfUnreadable(context, unreadable);
}

async function showAll(context: CliContext): Promise<ExitCode> {
  const { covered, unreadable } = await withVault(context, coveredInstances);
  await printResult(context, {
    json: covered.flatMap(({ instanceId, policy }) =>
      policy === null ? [] : [policyJson(instanceId, policy)],
    ),
    people: () => {
      if (covered.length > 0) return allLines(covered);
      return [unreadable.length === 0 ? 'no instances yet' : 'no instances that could be read'];
    },
  });
  return warnOfUnreadable(context, unreadable);
}

async function coveredInstances({ engine }: Vault): Promise<{
  readonly covered: readonly CoveredInstance[];
  readonly unreadable: readonly UnreadableInstance[];
}> {
  const instanceIds = (await engine.listInstances()).map(({ instanceId }) => instanceId);
  const { answers, unreadable } = await ofEachInstance(instanceIds, async (instanceId) => ({
    instanceId,
    policy: await engine.policyOf(instanceId),
  }));
  return { covered: answers, unreadable };
}

/** Each policy once, with all that it covers; then the instances that none covers. */
function allLines(covered: readonly CoveredInstance[]): readonly string[] {
  const policies = new Map<PolicyId, BackupPolicy>();
  for (const { policy } of covered) if (policy !== null) policies.set(policy.policyId, policy);
  return [
    ...[...policies.values()].flatMap((policy) =>
      policyLines(`policy ${policy.policyId}`, policy, covered),
    ),
    ...covered
      .filter(({ policy }) => policy === null)
      .map(({ instanceId }) => `${instanceId}: no policy (snapledger policy set ${instanceId})`),
  ];
}

function policyLines(
  title: string,
  policy: BackupPolicy,
  covered: readonly CoveredInstance[],
): readonly string[] {
  const instanceIds = covered
    .filter((instance) => instance.policy?.policyId === policy.policyId)
    .map(({ instanceId }) => instanceId);
  const lines = [`covers       ${coveredInWords(instanceIds)}`, ...policyInWords(policy)];
  return [title, ...lines.map((line) => `  ${line}`)];
}

function coveredInWords(instanceIds: readonly InstanceId[]): string {
  if (instanceIds.length === 0) return 'no instance';
  const more = instanceIds.length - namedMax;
  const named = instanceIds.slice(0, namedMax).join(', ');
  return more > 0 ? `${named} and ${formatNumber(more)} more` : named;
}
