import type { Command } from 'commander';
import type { BackupPolicy, InstanceId, Vault } from '../../index.ts';
import { SnapledgerError } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { policyInWords } from '../wording/policy.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { assertInstanceKnown } from './known-instance.ts';
import { policyDescriptionJson } from './policy-list.ts';

interface CoveredInstance {
  readonly instanceId: InstanceId;
  readonly policy: BackupPolicy | null;
}

export function addPolicyShowCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('show')
    .summary('show how instances are backed up')
    .description(
      'Show one policy, the policy that an instance belongs to, or those of all instances.',
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
  const policies = await withVault(context, ({ engine }) => engine.listPolicies());
  const found = policies.find(({ policy }) => policy.policyId === name);
  if (found === undefined) return showOne(context, instanceIdOf(name));
  await printResult(context, {
    json: policyDescriptionJson(found),
    people: () => [
      `policy ${name}, version ${found.version}`,
      ...policyInWords(found.policy).map((line) => `  ${line}`),
    ],
  });
  return exitCodes.done;
}

async function showOne(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const policy = await withVault(context, async ({ engine }) => {
    await assertInstanceKnown(engine, instanceId);
    return engine.policyOf(instanceId);
  });
  if (policy === null) {
    throw new SnapledgerError('NO_POLICY', `there is no policy for instance '${instanceId}'`, {
      remedy: `Make one with 'snapledger policy set ${instanceId}'.`,
    });
  }
  await printResult(context, {
    json: policyJson(instanceId, policy),
    people: () => policyLines({ instanceId, policy }),
  });
  return exitCodes.done;
}

async function showAll(context: CliContext): Promise<ExitCode> {
  const covered = await withVault(context, coveredInstances);
  await printResult(context, {
    json: covered.flatMap(({ instanceId, policy }) =>
      policy === null ? [] : [policyJson(instanceId, policy)],
    ),
    people: () => (covered.length === 0 ? ['no instances yet'] : covered.flatMap(policyLines)),
  });
  return exitCodes.done;
}

async function coveredInstances({ engine }: Vault): Promise<readonly CoveredInstance[]> {
  const covered: CoveredInstance[] = [];
  for (const { instanceId } of await engine.listInstances()) {
    covered.push({ instanceId, policy: await engine.policyOf(instanceId) });
  }
  return covered;
}

function policyLines({ instanceId, policy }: CoveredInstance): readonly string[] {
  if (policy === null) return [`${instanceId}: no policy (snapledger policy set ${instanceId})`];
  return [`policy of ${instanceId}`, ...policyInWords(policy).map((line) => `  ${line}`)];
}
