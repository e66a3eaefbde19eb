import type { Command } from 'commander';
import type { InstanceId, RepackPlan } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatSize } from '../output/format-quantity.ts';
import { printResult } from '../output/print.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { dataInWords } from '../wording/repository-events.ts';
import { parseByteSize } from './arguments.ts';
import { examplesText } from './examples.ts';

interface GcRepackOptions {
  readonly maxBytes: number;
  readonly plan?: true;
}

/** Data stored anew in one run when nothing else is said. */
const maxBytesDefault = 4 * 1024 * 1024 * 1024;

export function addGcRepackCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('repack')
    .summary('store anew what is needed of objects of which little is needed')
    .description(
      'A collection removes whole objects only, so one of which a single block is needed stays. ' +
        'Repack stores what the points of an instance need of objects of which at most half is ' +
        'needed, those of which the least is needed first, as a session of its own; the next ' +
        "'snapledger gc run' removes the old ones. Points stay what they are. Backups, restores and " +
        'collections may run at the same time.',
    )
    .argument('<instance>', 'whose restore points')
    .option(
      '--max-bytes <size>',
      'store about so much data anew: 500M, 20G; K, M, G, T count by 1024',
      parseByteSize,
      maxBytesDefault,
    )
    .option('--plan', 'only show what would be done')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger gc repack web --plan', meaning: 'what it would free' },
        { command: 'snapledger gc repack web --max-bytes 20G', meaning: 'do so, within a budget' },
      ),
    )
    .action((instance: string, options: GcRepackOptions) =>
      invoke((context) => gcRepack(context, instance as InstanceId, options)),
    );
}

function gcRepack(
  context: CliContext,
  instanceId: InstanceId,
  { maxBytes, plan }: GcRepackOptions,
): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const request = { instanceId, maxBytes, signal };
    if (plan === true) {
      const planned = await engine.planRepack(request);
      await printResult(context, { json: planned, people: () => planInWords(planned) });
      return exitCodes.done;
    }
    const session = await engine.startRepack(request);
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return sessionExit(result.summary);
  });
}

function planInWords({ sparse, liveBytes, left }: RepackPlan): readonly string[] {
  if (sparse.objects === 0) return ['there is no object of which little is needed'];
  return [
    `sparse       ${dataInWords(sparse)}`,
    `needed       ${formatSize(liveBytes)} of it, to be stored anew`,
    `left         ${dataInWords(left)}`,
  ];
}
