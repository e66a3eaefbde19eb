import type { Engine, RunningSession } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { type ExitCode, worstOf } from '../exit-code.ts';
import { printDone } from '../output/print.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { sealExit } from './seal-warning.ts';
import { sessionExit } from './session-exit.ts';
import { endedSessionJson } from './session-json.ts';
import { endInWords, resultInWords, sessionResult } from './session-result.ts';

/** Follows a restore, or what undoes or confirms one, to its end, and tells it. */
export async function restoreResult(
  context: CliContext,
  engine: Engine,
  session: RunningSession,
  display?: ProgressDisplay,
): Promise<ExitCode> {
  const result = await sessionResult(context, engine, session, display);
  const printed = await printDone(context, endInWords(result.summary), {
    json: endedSessionJson(result.summary, result.state),
    people: () => resultInWords(result),
  });
  return worstOf([sessionExit(result.summary), sealExit(result.seal), printed]);
}
