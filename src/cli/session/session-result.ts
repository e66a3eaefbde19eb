import type { Engine, ReplayedEvent, Running, SealOutcome, SessionSummary } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { formatId } from '../output/format-id.ts';
import { sessionKindInWords, sessionStatusInWords } from '../wording/session-status.ts';
import { backupSummary } from './backup-summary.ts';
import { collectionSummary } from './collection-summary.ts';
import { finalStateOf } from './final-state.ts';
import { followSession } from './follow-session.ts';
import { mergeSummary } from './merge-summary.ts';
import { ProgressDisplay } from './progress-display.ts';
import { repackSummary } from './repack-summary.ts';
import { repairSummary } from './repair-summary.ts';
import { restoreSummary } from './restore-summary.ts';
import { verificationSummary } from './verification-summary.ts';
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
  session: Running,
  display = new ProgressDisplay(context),
): Promise<SessionResult> {
  const summary = await followSession(context, session, display);
  const seal = await session.sealed;
  await warnOfSeal(context, seal);
  return { summary, state: await finalStateOf(engine, session.sessionId), seal };
}

/** How a session ended, as a part of a sentence. */
export function endInWords(summary: SessionSummary): string {
  const what = `${sessionKindInWords(summary)} ${formatId(summary.sessionId)}`;
  return `${what} of ${summary.instanceId} has ended: ${sessionStatusInWords(summary)}`;
}

/** What a session did, for a person. */
export function resultInWords({ summary, state }: SessionResult): readonly string[] {
  if (summary.kind === 'verification') return verificationSummary(summary, state);
  if (summary.kind === 'collection') return collectionSummary(summary, state);
  if (summary.kind === 'repacking') return repackSummary(summary, state);
  if (summary.kind === 'repair') return repairSummary(summary, state);
  if (summary.kind === 'merging') return mergeSummary(summary, state);
  return summary.kind === 'restore'
    ? restoreSummary(summary, state)
    : backupSummary(summary, state);
}
