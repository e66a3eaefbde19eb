import {
  type ErrorCode,
  hasErrorCode,
  type InstanceId,
  unreadableCodes,
  type UnreadableInstance,
} from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { warn } from '../output/print.ts';
import { remedyOf } from '../wording/remedies.ts';

export interface EachInstance<Answer> {
  readonly answers: readonly Answer[];
  readonly unreadable: readonly UnreadableInstance[];
}

/** What is wrong with one instance; anything else would meet the others as well. */
const ofOneInstance: readonly ErrorCode[] = [
  ...unreadableCodes,
  // It was removed since its id was listed.
  'UNKNOWN_INSTANCE',
];

/**
 * Asks of each instance; what cannot be told of one stops no other.
 *
 * @throws what is not of one instance
 */
export async function ofEachInstance<Answer>(
  instanceIds: Iterable<InstanceId>,
  ask: (instanceId: InstanceId) => Promise<Answer>,
): Promise<EachInstance<Answer>> {
  const answers: Answer[] = [];
  const unreadable: UnreadableInstance[] = [];
  for (const instanceId of instanceIds) {
    try {
      answers.push(await ask(instanceId));
    } catch (error) {
      if (!hasErrorCode(error, ...ofOneInstance)) throw error;
      unreadable.push({ instanceId, error });
    }
  }
  return { answers, unreadable };
}

/** @throws the first error, when there is an answer for none: then nothing was done */
export function expectAnswers<Answer>(each: EachInstance<Answer>): EachInstance<Answer> {
  const [first] = each.unreadable;
  if (each.answers.length === 0 && first !== undefined) throw first.error;
  return each;
}

/** Names each on stderr; a list that lacks something needs attention. */
export async function warnOfUnreadable(
  context: CliContext,
  unreadable: readonly UnreadableInstance[],
): Promise<ExitCode> {
  for (const { instanceId, error } of unreadable) {
    const what = `instance '${instanceId}' is left out: ${error.message}`;
    await warn(context, what, remedyOf(error));
  }
  return unreadable.length === 0 ? exitCodes.done : exitCodes.warnings;
}
