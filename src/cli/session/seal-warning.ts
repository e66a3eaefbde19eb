import type { SealOutcome } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { warn } from '../output/print.ts';

/** The log and the event store disagree, or the log was changed: no later session is better off. */
const settledBySomebody: readonly string[] = ['LEDGER_DIVERGED', 'LEDGER_TAMPERED'];

/** Says what is wrong with a seal; nothing when all is well. */
export async function warnOfSeal(context: CliContext, seal: SealOutcome): Promise<void> {
  if (seal.kind === 'unsealed') {
    await warn(
      context,
      `the record is not sealed: ${seal.problem.message}`,
      settledBySomebody.includes(seal.problem.code)
        ? "no session is sealed until that is settled; then 'snapledger audit seal' makes up for it"
        : "the next session makes up for it, or 'snapledger audit seal'",
    );
    return;
  }
  for (const { message } of seal.problems) {
    await warn(
      context,
      message,
      "'snapledger audit witness' shows and changes who gets checkpoints",
    );
  }
}

export function sealExit(seal: SealOutcome): ExitCode {
  const isWell = seal.kind === 'sealed' && seal.problems.length === 0;
  return isWell ? exitCodes.done : exitCodes.warnings;
}
