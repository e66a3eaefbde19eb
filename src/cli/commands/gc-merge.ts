import type { Command } from 'commander';
import type { InstanceId, MergePlan } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { printResult } from '../output/print.ts';
import { leftInWords, nothingToMerge } from '../session/merge-summary.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { parseByteSize } from './arguments.ts';
import { examplesText } from './examples.ts';

interface GcMergeOptions {
  readonly maxBytes: number;
  readonly plan?: true;
}

/** Written in one run when nothing else is said. */
const maxBytesDefault = 4 * 1024 * 1024 * 1024;

export function addGcMergeCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('merge')
    .summary('let points go that stay only because others need them')
    .description(
      'In a storage format whose points need those before them a point stays as long as one that is ' +
        'kept cannot be read without it. Merge gives the kept ones what they need of such points, as a ' +
        "session of its own; retention then removes those, and 'snapledger gc run' frees what nobody " +
        'needs. Points stay what they are. Backups, restores and collections may run at the same time.',
    )
    .argument('<instance>', 'whose restore points')
    .option(
      '--max-bytes <size>',
      'write about so much: 500M, 20G; K, M, G, T count by 1024',
      parseByteSize,
      maxBytesDefault,
    )
    .option('--plan', 'only show what would be done')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger gc merge web --plan', meaning: 'which points it would let go' },
        { command: 'snapledger gc merge web --max-bytes 20G', meaning: 'do so, within a budget' },
      ),
    )
    .action((instance: string, options: GcMergeOptions) =>
      invoke((context) => gcMerge(context, instance as InstanceId, options)),
    );
}

function gcMerge(
  context: CliContext,
  instanceId: InstanceId,
  { maxBytes, plan }: GcMergeOptions,
): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const request = { instanceId, maxBytes, signal };
    if (plan === true) {
      const planned = await engine.planMerge(request);
      await printResult(context, { json: planned, people: () => planInWords(planned) });
      return exitCodes.done;
    }
    const session = await engine.startMerge(request);
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return sessionExit(result.summary);
  });
}

function planInWords({ merges, left }: MergePlan): readonly string[] {
  if (merges.length === 0) return [nothingToMerge];
  return [
    ...merges.map(
      ({ pointId, absorbed, bytesToWrite }) =>
        `to be merged ${formatId(pointId)} with ${absorbed.map(formatId).join(', ')}, ` +
        `about ${formatSize(bytesToWrite)} written`,
    ),
    ...(left === 0 ? [] : [leftInWords(left)]),
  ];
}
