import type { KeyChange } from '../../../index.ts';
import type { CliContext } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { type CommandResult, printDone, warn } from '../../output/print.ts';
import { describeKeyChangeTrouble } from '../../wording/key-change-trouble.ts';

/**
 * As `printDone` for a change of keys: after the result it is said what went wrong once the change was
 * made.
 */
export async function printKeyChange(
  context: CliContext,
  deed: string,
  result: CommandResult & Pick<KeyChange<unknown>, 'afterwards'>,
  unseenRemedy?: string,
): Promise<ExitCode> {
  const printed = await printDone(context, deed, result, unseenRemedy);
  if (result.afterwards === null) return printed;
  const { message, remedy } = describeKeyChangeTrouble(result.afterwards);
  await warn(context, `${deed}, but ${message}`, remedy);
  return exitCodes.warnings;
}
