import type {
  Engine,
  ReplayedEvent,
  RunningSession,
  SealOutcome,
  SessionSummary,
} from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { backupSummary } from './backup-summary.ts';
import { finalStateOf } from './final-state.ts';
import { followSession } from './follow-session.ts';
import { ProgressDisplay } from './progress-display.ts';
import { restoreSummary } from './restore-summary.ts';
import { warnOfSeal } from './seal-warning.ts';

/** A session that has ended, and what it was after its last event. */
export interface SessionResult {
  readonly summary: SessionSummary;
  readonly state: ReplayedEvent['state'];
  /** Whether the record of the session is sealed; if not, that was said. */
  readonly seal: SealOutcome;
}

/** Follows a session to its end. */
export async function sessionResult(
  context: CliContext,
  engine: Engine,
  session: RunningSession,
  display = new ProgressDisplay(context),
): Promise<SessionResult> {
  const summary = await followSession(context, session, display);
  const seal = await session.sealed;
  await warnOfSeal(context, seal);
  return { summary, state: await finalStateOf(engine, session.sessionId), seal };
}

/** What a session did, for a person. */
export function resultInWords({ summary, state }: SessionResult): readonly string[] {
  return summary.kind === 'backup' ? backupSummary(summary, state) : restoreSummary(summary, state);
}
