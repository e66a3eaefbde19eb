import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type ClockRemarks,
  type LedgerFinding,
  type LedgerProof,
  SnapledgerError,
} from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { formatCount } from '../../output/format-quantity.ts';
import { formatLocalTime } from '../../output/format-time.ts';
import { printResult, warn } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { readPassphrase } from '../../passphrase/read-passphrase.ts';
import { withVault } from '../../with-vault.ts';
import { collectText } from '../arguments.ts';
import { examplesText } from '../examples.ts';
import { readCheckpointFile } from './checkpoint-file.ts';
import { doubtsAbout } from './ledger-doubts.ts';

/** Events that a remark names. */
const namedMax = 5;

interface AuditVerifyOptions {
  readonly repositoryOnly?: true;
  readonly repository?: string;
  readonly checkpoint?: readonly string[];
}

export function addAuditVerifyCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('verify')
    .summary('prove that the record was not changed, or name the first event that was')
    .description(
      'Check the sealed record in the repository (signatures, order, chains), the checkpoints that ' +
        'witnesses have, and that the event store still has what was sealed. What is wrong is named ' +
        'by the first event that it is wrong with, and ends with exit code 1. What is not sealed yet, ' +
        'what a newer version wrote, points that the record does not know, and a witness that has ' +
        'lost its checkpoints end with exit code 3.',
    )
    .option('--repository-only', 'leave the event store out')
    .option('--repository <folder>', 'check this repository alone, without any vault')
    .option(
      '--checkpoint <file>',
      'checkpoints that were kept elsewhere, one or as a witness keeps them (repeatable)',
      collectText,
    )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger audit verify', meaning: 'everything' },
        {
          command: 'snapledger audit verify --repository-only --json',
          meaning: 'only what is in the repository, for a program',
        },
        {
          command: 'snapledger audit verify --repository /mnt/repository',
          meaning: 'a copy of a repository, on a machine without the vault',
        },
      ),
    )
    .action((options: AuditVerifyOptions) => invoke((context) => verify(context, options)));
}

async function verify(context: CliContext, options: AuditVerifyOptions): Promise<ExitCode> {
  const files = (options.checkpoint ?? []).map((path) => resolve(context.workingFolder, path));
  const checkpoints = await Promise.all(files.map(readCheckpointFile));
  const proof = await proofOf(context, options, checkpoints.flat());
  await printResult(context, { json: proof, people: () => proofInWords(proof) });
  const [first] = proof.findings;
  if (first !== undefined) throw tampered(first, proof);
  const doubts = doubtsAbout(proof);
  for (const { message, remedy } of doubts) await warn(context, message, remedy);
  return doubts.length === 0 ? exitCodes.done : exitCodes.warnings;
}

async function proofOf(
  context: CliContext,
  { repository, repositoryOnly }: AuditVerifyOptions,
  checkpoints: readonly string[],
): Promise<LedgerProof> {
  if (repository !== undefined) {
    const folder = resolve(context.workingFolder, repository);
    const passphrase = await readPassphrase(context, 'unlock');
    return context.verifyRepository({ repository: folder, passphrase, checkpoints });
  }
  const scope = repositoryOnly === true ? 'repository-only' : 'store-and-repository';
  return withVault(context, ({ engine }) => engine.audit.verify({ scope, checkpoints }), {
    purpose: 'examine',
  });
}

function proofInWords(proof: LedgerProof): readonly string[] {
  const { checkpoint, findings } = proof;
  return [
    ...findings.map(({ message }) => `wrong: ${printable(message)}`),
    ...provenInWords(proof),
    ...(checkpoint === null ? [] : ['', ...checkpoint.trimEnd().split('\n').map(printable)]),
  ];
}

function provenInWords(proof: LedgerProof): readonly string[] {
  const { size, repeated, entries, streams, witnessedCheckpoints } = proof;
  if (size === 0) return ['nothing is proven: no record is sealed here'];
  return [
    `proven: ${formatCount(size, 'record')} in ${formatCount(streams, 'stream')}, sealed ${formatCount(entries, 'time')}, ` +
      `${formatCount(witnessedCheckpoints, 'checkpoint')} compared`,
    ...(repeated === 0
      ? []
      : [`${repeated} of them are there a second time, the same as before: that proves no less`]),
    ...(witnessedCheckpoints > 0
      ? []
      : ['no checkpoint was compared: whether the end was cut off cannot be told']),
    ...clockRemarksInWords(proof.clockRemarks),
  ];
}

function clockRemarksInWords({ count, first }: ClockRemarks): readonly string[] {
  if (count === 0) return [];
  return [
    `remark: ${formatCount(count, 'event')} recorded at an earlier time than the one before in the same stream ` +
      '(a clock was put back, or those of two machines differ):',
    ...first
      .slice(0, namedMax)
      .map(({ stream, revision, recordedAt, previousAt }) =>
        printable(
          `  event ${revision} of ${stream}: ${formatLocalTime(recordedAt)}, after ${formatLocalTime(previousAt)}`,
        ),
      ),
    ...(count > namedMax ? [`  and ${count - namedMax} more`] : []),
  ];
}

function tampered({ kind, message, ...place }: LedgerFinding, proof: LedgerProof): SnapledgerError {
  const more = proof.findings.length - 1;
  const others = more === 0 ? '' : ` (and ${formatCount(more, 'more finding')})`;
  return new SnapledgerError('LEDGER_TAMPERED', message + others, {
    details: { kind, ...place },
    remedy:
      'Find out who can write there, and compare with another copy and with what a witness has.',
  });
}
