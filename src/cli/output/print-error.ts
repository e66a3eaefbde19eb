import { inspect } from 'node:util';
import { isSnapledgerError } from '../../index.ts';
import type { OutputFormat } from '../cli-context.ts';
import type { CliDependencies } from '../cli-dependencies.ts';
import { remedyOf } from '../wording/remedies.ts';
import { printable } from './printable.ts';

/**
 * Says on stderr why a command did not do what was asked: the message and what to do about it, or
 * one JSON object. A stack trace only with SNAPLEDGER_DEBUG=1.
 */
export async function printError(
  { stderr, env }: Pick<CliDependencies, 'stderr' | 'env'>,
  error: unknown,
  outputFormat: OutputFormat,
): Promise<void> {
  const known = isSnapledgerError(error) ? error : null;
  const message = known?.message ?? `unexpected error: ${messageOf(error)}`;
  const remedy = remedyOf(known);
  const trace = env['SNAPLEDGER_DEBUG'] === '1' ? inspect(error) : null;
  if (outputFormat === 'json') {
    const code = known?.code ?? 'INTERNAL';
    const details = known?.details ?? {};
    const object = { level: 'error', code, message, remedy, details };
    await stderr.write(`${JSON.stringify(trace === null ? object : { ...object, trace })}\n`);
    return;
  }
  // What is wrong with a file is a list; line ends in any other message are somebody's name.
  const problems = known?.code === 'POLICY_INVALID' ? message.split('\n') : [message];
  const lines = [
    `snapledger: ${problems.map(printable).join('\n')}`,
    printable(remedy),
    trace ?? [],
  ];
  await stderr.write(`${lines.flat().join('\n')}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
