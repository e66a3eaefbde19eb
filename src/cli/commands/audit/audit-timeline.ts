import type { Command } from 'commander';
import type { InstanceId, TimelineEntry } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { withVault } from '../../with-vault.ts';
import { reasonJson, timelineInWords } from '../../wording/timeline.ts';
import { instanceIdOf } from '../arguments.ts';
import { examplesText } from '../examples.ts';
import { assertInstanceKnown } from '../known-instance.ts';

export function addAuditTimelineCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('timeline')
    .summary('show what happened to the snapshots and points of an instance, and why')
    .description(
      'Show everything that happened to the snapshot sets and restore points of an instance over ' +
        'all of its sessions: what was taken, kept, held and removed, each with the reasons.',
    )
    .argument('<instance>', 'the instance')
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger audit timeline web-1',
        meaning: 'all that happened to what was made of web-1',
      }),
    )
    .action((instance: string) => invoke((context) => timeline(context, instanceIdOf(instance))));
}

async function timeline(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const entries = await withVault(context, async ({ engine }) => {
    const found = await engine.audit.timeline(instanceId);
    if (found.length === 0) await assertInstanceKnown(engine, instanceId);
    return found;
  });
  await printResult(context, {
    json: entries.map((entry) => ({
      ...entry,
      id: keyOf(entry),
      subjectId: entry.id,
      reasons: entry.reasons.map(reasonJson),
    })),
    people: () => (entries.length === 0 ? ['nothing yet'] : entries.flatMap(timelineInWords)),
  });
  return exitCodes.done;
}

function keyOf({ stream, revision, subject, id }: TimelineEntry): string {
  return [stream, revision, subject, id].join('/');
}
