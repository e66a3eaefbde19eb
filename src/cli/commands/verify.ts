import type { Command } from 'commander';
import {
  type PointId,
  SnapledgerError,
  type Vault,
  type VerifyFinding,
  type VerifyProgress,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount, formatNumber } from '../output/format-quantity.ts';
import { printJsonArray, printResult, warn } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { StatusLine } from '../output/status-line.ts';
import { damageGroups } from '../point/damage-groups.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { usageError } from '../usage-error.ts';
import { damageInWords } from '../wording/damage.ts';
import { verifyProgressInWords } from '../wording/verify-progress.ts';
import { withVault } from '../with-vault.ts';
import { idPrefixOf, parseByteSize } from './arguments.ts';
import { examplesText } from './examples.ts';

interface VerifyCommandOptions {
  readonly deep?: true;
  readonly maxBytes?: number;
}

export function addVerifyCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('verify')
    .summary('check that the restore points can be restored')
    .description(
      'Check what is stored: that everything the restore points need is there and belongs ' +
        'together. With --deep every block is read, decrypted and hashed, as a restore does. ' +
        'Damage is named by object and block, and ends with exit code 1. With --max-bytes only so ' +
        'much data is read, what was not read for longest first, as a recorded session: repeated, ' +
        'it gets through everything, and backups do not build on what it found to be damaged.',
    )
    .argument('[point]', 'only this point: its id, or at least the first 4 characters')
    .option('--deep', 'read every block')
    .option(
      '--max-bytes <size>',
      'structure, and so much data: 500M, 20G; K, M, G, T count by 1024',
      parseByteSize,
    )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger verify', meaning: 'the structure of all points: quick' },
        { command: 'snapledger verify 3f2a91c4 --deep', meaning: 'every block of one point' },
        { command: 'snapledger verify --max-bytes 20G', meaning: 'some of the data, each night' },
      ),
    )
    .action((point: string | undefined, options: VerifyCommandOptions) =>
      invoke((context) => {
        if (options.maxBytes === undefined) {
          return verify(context, point === undefined ? null : idPrefixOf(point), options);
        }
        if (point === undefined) return verifySome(context, options.maxBytes);
        throw usageError(
          '--max-bytes is for all points, not for one',
          'leave out the point, or --max-bytes',
        );
      }),
    );
}

/** As a session, whose events show what is found. */
function verifySome(context: CliContext, maxBytes: number): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const session = await engine.startVerification({ maxBytes, signal });
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return sessionExit(result.summary);
  });
}

/** What was seen so far; the findings themselves are not kept, there can be any number. */
class VerifyTally {
  findings = 0;
  readonly damagedPoints = new Set<PointId>();
  /** Those that are damaged outside of their volumes: they cannot be restored at all. */
  readonly lostPoints = new Set<PointId>();
  last: VerifyProgress | null = null;
}

function verify(
  context: CliContext,
  prefix: string | null,
  options: VerifyCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async (vault) => {
    const { engine } = vault;
    const tally = new VerifyTally();
    const results = engine.verify({
      depth: options.deep === true ? 'deep' : 'structure',
      signal,
      ...(prefix === null ? {} : { pointId: await engine.findPoint(prefix) }),
    });
    const findings = findingsIn(context, results, tally);
    if (context.outputFormat === 'json') await printJsonArray(context, jsonFindings(findings));
    else await printFindings(context, findings, tally, options);
    if (tally.findings > 0) throw damageFound(tally);
    return prefix === null
      ? await warnOfDisturbed(context, vault.disturbedObjects())
      : exitCodes.done;
  });
}

/** Nothing is lost by it; but somebody was at work who can do that. */
async function warnOfDisturbed(
  context: CliContext,
  objects: ReturnType<Vault['disturbedObjects']>,
): Promise<ExitCode> {
  const shown: string[] = [];
  let count = 0;
  for await (const key of objects) {
    count += 1;
    if (shown.length < disturbedShownMax) shown.push(key);
  }
  if (count === 0) return exitCodes.done;
  const more = count > shown.length ? `, and ${formatNumber(count - shown.length)} more` : '';
  await warn(
    context,
    `somebody has hidden ${formatCount(count, 'object')}, or has put something over them: ${shown.join(', ')}${more}`,
    'What was made is there, was checked, and is what a restore reads. Find out who could write to the ' +
      'bucket, and take their credentials away: docs/threat-model.md.',
  );
  return exitCodes.warnings;
}

const disturbedShownMax = 5;

/** Shows the progress among the results, in which damage is counted, and passes the findings on. */
async function* findingsIn(
  context: CliContext,
  results: AsyncIterable<VerifyFinding | VerifyProgress>,
  tally: VerifyTally,
): AsyncIterable<VerifyFinding> {
  const line = new StatusLine(context);
  try {
    for await (const result of results) {
      if (result.kind === 'progress') {
        tally.last = result;
        const text = progressInWords(result, tally.findings);
        const at = context.now();
        const stage = result.pointsChecked === result.pointsTotal ? 'last' : 'under-way';
        await line.show({ drawn: text, written: text, at, stage });
        continue;
      }
      tally.findings += 1;
      tally.damagedPoints.add(result.pointId);
      if (result.volumeId === null) tally.lostPoints.add(result.pointId);
      await line.end('clear');
      yield result;
    }
  } finally {
    await line.end('clear');
  }
}

async function* jsonFindings(findings: AsyncIterable<VerifyFinding>): AsyncIterable<object> {
  for await (const finding of findings) {
    const { pointId, volumeId, objectKey, range, firstBlock } = finding;
    const place = [pointId, volumeId ?? '', objectKey, range?.offset ?? '', firstBlock];
    yield { id: place.join(':'), ...finding };
  }
}

async function printFindings(
  context: CliContext,
  findings: AsyncIterable<VerifyFinding>,
  tally: VerifyTally,
  options: VerifyCommandOptions,
): Promise<void> {
  for await (const group of damageGroups(findings)) {
    await context.stdout.write(`${printable(damageInWords(group))}\n`);
  }
  if (tally.findings > 0) return;
  if (tally.last === null) {
    await context.stdout.write('there are no restore points to check\n');
    return;
  }
  const { pointsChecked, blocksChecked } = tally.last;
  const what = options.deep === true ? `${formatCount(blocksChecked, 'block')} read` : 'structure';
  await context.stdout.write(`${formatCount(pointsChecked, 'point')} checked (${what}): sound\n`);
}

function progressInWords(progress: VerifyProgress, findings: number): string {
  const text = verifyProgressInWords(progress);
  return findings === 0 ? text : `${text}, ${formatCount(findings, 'damaged piece')}`;
}

function damageFound({ findings, damagedPoints, lostPoints }: VerifyTally): SnapledgerError {
  const pieces = formatCount(findings, 'damaged piece');
  return new SnapledgerError(
    'POINT_DAMAGED',
    `verify found ${pieces} in ${formatCount(damagedPoints.size, 'restore point')}`,
    {
      remedy:
        restorableInWords(damagedPoints.size, lostPoints.size) +
        " 'snapledger repair --deep' shows what can be healed; 'snapledger backup INSTANCE --full' " +
        'makes a new point that shares nothing with what is damaged.',
    },
  );
}

/** What a restore still gives back. */
function restorableInWords(damagedCount: number, lostCount: number): string {
  const partly =
    'still gives back all that is sound; another point may have the damaged piece whole.';
  if (lostCount === 0) return `A restore ${partly}`;
  const lost =
    'What is damaged without a volume being named cannot be restored: take another point.';
  return lostCount === damagedCount ? lost : `${lost} Of the others a restore ${partly}`;
}
