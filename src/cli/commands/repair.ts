import type { Command } from 'commander';
import {
  type Engine,
  hasErrorCode,
  healablePieces,
  type InstanceId,
  type RepairForecast,
  type RepairRequest,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printResult, warn } from '../output/print.ts';
import { StatusLine } from '../output/status-line.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult, type SessionResult } from '../session/session-result.ts';
import { healableInWords } from '../wording/repository-events.ts';
import { verifyProgressInWords } from '../wording/verify-progress.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface RepairOptions {
  readonly deep?: true;
  readonly yes?: true;
}

export function addRepairCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('repair')
    .summary('heal what is damaged in the repository')
    .description(
      'Look for damage in the restore points of an instance, or of all, and show what of it can be ' +
        "healed: from another copy in the repository, or from snapshots that are still there. With '--yes' " +
        'it is healed, as a session for each instance. What is healed is proven to be what was lost. ' +
        'Points of which something cannot be had stay marked as damaged, and the next backup of the ' +
        'instance does not build on them. Known is what a check of the structure sees and what ' +
        "'snapledger verify --max-bytes' has found; with --deep every block is read first.",
    )
    .argument('[instance]', 'default: all instances that have restore points')
    .option('--deep', 'read every block first')
    .option('--yes', 'heal what can be healed')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger repair --deep', meaning: 'what is damaged, and what heals it' },
        {
          command: 'snapledger repair web-1 --deep --yes',
          meaning: 'heal the points of one instance',
        },
      ),
    )
    .action((instance: string | undefined, options: RepairOptions) =>
      invoke((context) =>
        repair(context, instance === undefined ? null : instanceIdOf(instance), options),
      ),
    );
}

function repair(
  context: CliContext,
  instanceId: InstanceId | null,
  { deep, yes }: RepairOptions,
): Promise<ExitCode> {
  return withVault(context, async ({ engine }) => {
    const instanceIds = instanceId === null ? await instancesOf(engine) : [instanceId];
    const depth = deep === true ? 'deep' : 'known';
    const requests = instanceIds.map((each): RepairRequest => ({ instanceId: each, depth }));
    return yes === true
      ? await heal(context, engine, requests)
      : await show(context, engine, requests);
  });
}

/** Those that have restore points. */
async function instancesOf(engine: Engine): Promise<readonly InstanceId[]> {
  const instanceIds = new Set<InstanceId>();
  try {
    for await (const { instanceId } of engine.listPoints()) instanceIds.add(instanceId);
  } catch (error) {
    // The sound ones came first.
    if (!hasErrorCode(error, 'OBJECT_CORRUPT') || instanceIds.size === 0) throw error;
  }
  for (const { instanceId } of await engine.missingPoints()) instanceIds.add(instanceId);
  return [...instanceIds];
}

async function show(
  context: CliContext,
  engine: Engine,
  requests: readonly RepairRequest[],
): Promise<ExitCode> {
  const plans: (RepairForecast & { readonly id: InstanceId })[] = [];
  for (const request of requests) {
    const forecast = await withProgress(context, request, (each) => engine.planRepair(each));
    plans.push({ id: request.instanceId, ...forecast });
  }
  const isSound = plans.every(({ healable }) => healable === null);
  await printResult(context, {
    json: plans,
    people: () =>
      isSound
        ? [`${pointsIn(plans)} checked: nothing is damaged, as far as is known`]
        : [...plans.flatMap((plan) => planInWords(plan)), nextInWords(plans)],
  });
  for (const { id, unreadSnapshots } of plans) {
    if (unreadSnapshots === null) continue;
    const what = `snapshots of ${id} that are there could not be read: ${unreadSnapshots}`;
    await warn(context, what, 'What they hold is counted as not to be had. See to it first.');
  }
  return isSound ? exitCodes.done : exitCodes.failed;
}

function pointsIn(plans: readonly RepairForecast[]): string {
  return formatCount(
    plans.reduce((sum, { pointsChecked }) => sum + pointsChecked, 0),
    'point',
  );
}

function planInWords(plan: RepairForecast & { readonly id: InstanceId }): readonly string[] {
  const { id, damagedPoints, lostPoints, healable } = plan;
  if (healable === null) return [`${id}: ${pointsIn([plan])} checked: nothing is damaged`];
  const named = damagedPoints.map((pointId) => formatId(pointId)).join(', ');
  return [
    `${id}: ${pointsIn([plan])} checked, damaged: ${named}`,
    ...healableInWords(healable).map((line) => `  ${line}`),
    ...lostPoints.map(
      ({ pointId, objectKey }) =>
        `  point ${formatId(pointId)} itself is damaged or missing, which no repair brings back: ${objectKey}`,
    ),
  ];
}

function nextInWords(plans: readonly RepairForecast[]): string {
  return plans.some(({ healable }) => healable !== null && healablePieces(healable) > 0)
    ? "nothing is done yet: repeat the command with '--yes'"
    : "nothing of it can be healed; with '--yes' the points are marked as damaged";
}

async function heal(
  context: CliContext,
  engine: Engine,
  requests: readonly RepairRequest[],
): Promise<ExitCode> {
  const results: SessionResult[] = [];
  for (const request of requests) {
    context.signal.throwIfAborted();
    const result = await withProgress(context, request, async (each) =>
      sessionResult(context, engine, await engine.startRepair(each)),
    );
    results.push(result);
  }
  await printResult(context, {
    json: results.map(({ summary, state }) => endedSessionJson(summary, state)),
    people: () => results.flatMap((result) => resultInWords(result)),
  });
  // What could not be healed of one instance keeps no other from being healed.
  for (const { summary } of results) sessionExit(summary);
  return exitCodes.done;
}

/** Shows how far the look for damage is. */
async function withProgress<Result>(
  context: CliContext,
  request: RepairRequest,
  work: (request: RepairRequest) => Promise<Result>,
): Promise<Result> {
  const line = new StatusLine(context);
  const { signal } = context;
  try {
    return await work({
      ...request,
      signal,
      onProgress: (progress) => {
        const text = verifyProgressInWords(progress);
        // It looks more than once, so no state is the last one.
        void line.show({ drawn: text, written: text, at: context.now(), stage: 'under-way' });
      },
    });
  } finally {
    await line.end('clear');
  }
}
