import type { Running, SessionSummary } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import type { ProgressDisplay } from './progress-display.ts';

/** Shows what a running session does until it has ended, however it ends. */
export async function followSession(
  { signal }: Pick<CliContext, 'signal'>,
  session: Running,
  display: ProgressDisplay,
): Promise<SessionSummary> {
  let aborted: Promise<void> = Promise.resolve();
  const onAbort = (): void => {
    aborted = display.note('cancelling: cleaning up first; Ctrl-C again stops at once');
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const showEvents = async (): Promise<void> => {
    for await (const event of session.events()) await display.showEvent(event);
  };
  try {
    const [summary] = await Promise.all([session.ended, showEvents()]);
    return summary;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await aborted;
    await display.end();
  }
}
