import type { Command } from 'commander';
import type { ForgettingPlan, ForgottenInstance, InstanceId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatLocalMinute } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { sealExit, warnOfSeal } from '../session/seal-warning.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface InstanceForgetOptions {
  readonly yes?: true;
  readonly leaveClear?: true;
}

export function addInstanceForgetCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('forget')
    .summary('destroy the key of what is sensitive in the record about an instance')
    .description(
      'Forget what the record says of an instance that may be about a person: its tags, its ' +
        'configuration, the notes of its holds, the places that it was restored to. Their key is ' +
        'destroyed, so that nobody can read them any more, here or in the sealed ledger; the record ' +
        'stays whole and provable. No backup of the instance is made after that. What there is of ' +
        'it stays, can be restored, and is removed by its rules. The name of the instance is not ' +
        'forgotten: it identifies what was made of it. Without --yes it is only shown what would ' +
        'be done.',
    )
    .argument('<instance>', 'the name of the instance')
    .option('--yes', 'do it')
    .option(
      '--leave-clear',
      'also when an earlier version recorded some of it in clear, which stays',
    )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger instance forget web-1', meaning: 'what would be forgotten' },
        { command: 'snapledger instance forget web-1 --yes', meaning: 'forget it' },
      ),
    )
    .action((instance: string, options: InstanceForgetOptions) =>
      invoke((context) => forget(context, instanceIdOf(instance), options)),
    );
}

async function forget(
  context: CliContext,
  instanceId: InstanceId,
  { yes, leaveClear }: InstanceForgetOptions,
): Promise<ExitCode> {
  if (yes !== true) {
    const plan = await withVault(context, ({ engine }) => engine.planForgetting(instanceId));
    await printResult(context, {
      json: { ...jsonOf(plan), change: 'planned' },
      people: () => [...planLines(plan), "nothing is done yet: repeat the command with '--yes'"],
    });
    return exitCodes.done;
  }
  const eventsInClear = leaveClear === true ? 'leave' : 'refuse';
  const done: ForgottenInstance = await withVault(context, ({ engine }) =>
    engine.forgetInstance({ instanceId, eventsInClear }),
  );
  const { seal, ...plan } = done;
  await warnOfSeal(context, seal);
  await printResult(context, {
    json: { ...jsonOf(plan), change: 'forgotten' },
    people: () => [...leftLines(plan), `instance ${instanceId} is forgotten`],
  });
  return sealExit(seal);
}

function jsonOf({ instanceId, ...plan }: ForgettingPlan): object {
  return { id: instanceId, ...plan };
}

function planLines(plan: ForgettingPlan): readonly string[] {
  const { instanceId, forgottenAt, key, sealedEvents } = plan;
  const before =
    forgottenAt === null
      ? []
      : [`${instanceId} was forgotten at ${formatLocalMinute(forgottenAt)}`];
  const events = formatCount(sealedEvents, 'event');
  const what =
    key === 'gone'
      ? `nothing of it can be read: the key of ${events} is gone`
      : `to be forgotten: what is sensitive in ${events}, by destroying its key`;
  return [...before, what, ...leftLines(plan)];
}

function leftLines({ eventsInClear, snapshotSets, replicas, points }: ForgettingPlan): string[] {
  const items = [
    formatCount(snapshotSets, 'snapshot set'),
    formatCount(replicas, 'replica'),
    formatCount(points, 'restore point'),
  ].join(', ');
  return [
    ...(eventsInClear === 0
      ? []
      : [
          `stays in clear: ${formatCount(eventsInClear, 'event')} that an earlier version recorded`,
        ]),
    ...(snapshotSets + replicas + points === 0
      ? []
      : [`stays until its rules remove it, described as it is now: ${items}`]),
    "keeps the key as well: any copy of the repository, and older versions of the objects in 'ledger/sensitive/'",
  ];
}
