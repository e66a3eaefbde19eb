import { SnapledgerError } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';

const enter = /^[\r\n]$/;
const interrupt = '\u0003';
const endOfInput = '\u0004';
const eraseKeys: readonly string[] = ['\u0008', '\u007f'];
const eraseLineKey = '\u0015';
/** What arrow and function keys send; typed by mistake, meant by nobody. */

const keySequences = /\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;

/**
 * Asks questions on the terminal, one after the other, without showing what is typed.
 *
 * All are asked within one reading of the keyboard, so that answers that were pasted or typed
 * ahead are not lost between two.
 *
 * @throws CANCELLED on Ctrl-C, INVALID_ARGUMENT when the input ends before the last answer
 */
export async function askHidden(
  context: CliContext,
  questions: readonly string[],
): Promise<readonly string[]> {
  const { stdin, stderr, signal } = context;
  return stdin.withoutEcho(signal, async (keystrokes) => {
    // Only now: who sees the question may type at once.
    await stderr.write(questions[0] ?? '');
    try {
      return await answersIn(keystrokes, questions, stderr);
    } finally {
      await stderr.write('\n');
    }
  });
}

async function answersIn(
  keystrokes: AsyncIterable<string>,
  questions: readonly string[],
  stderr: CliContext['stderr'],
): Promise<readonly string[]> {
  const answers: string[] = [];
  let answer: readonly string[] = [];
  let previousKey = '';
  for await (const text of keystrokes) {
    for (const key of text.replace(keySequences, '')) {
      const secondHalf = key === '\n' && previousKey === '\r';
      previousKey = key;
      if (key === interrupt) throw new SnapledgerError('CANCELLED', 'cancelled');
      if (key === endOfInput) throw noAnswer();
      if (!enter.test(key)) {
        answer = edited(answer, key);
      } else if (!secondHalf) {
        answers.push(answer.join(''));
        answer = [];
        const next = questions[answers.length];
        if (next === undefined) return answers;
        await stderr.write(`\n${next}`);
      }
    }
  }
  throw noAnswer();
}

function edited(answer: readonly string[], key: string): readonly string[] {
  if (eraseKeys.includes(key)) return answer.slice(0, -1);
  if (key === eraseLineKey) return [];
  return key < ' ' ? answer : [...answer, key];
}

function noAnswer(): SnapledgerError {
  return usageError('no passphrase was typed', 'run the command again and type it');
}
