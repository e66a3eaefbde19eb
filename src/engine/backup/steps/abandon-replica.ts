import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { Problem } from '../../../domain/backup-session/backup-events.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import type { Ending } from '../../../domain/backup-session/backup-session.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { giveUpReplica } from '../replica-copies.ts';
import type { StepContext } from '../step-context.ts';

type AbandonReplica = Extract<BackupStep, { readonly kind: 'abandon-replica' }>;

/** The session is ending before its copies were made. */
export async function abandonReplica(
  context: StepContext,
  step: AbandonReplica,
): Promise<BackupCommand> {
  const { ending } = context.session;
  assert(ending !== null, 'copies are abandoned by a session that is ending');
  return giveUpReplica(context, step, problemOfEnding(ending));
}

function problemOfEnding(ending: Ending): Problem {
  if (ending.outcome === 'failed') return ending.problem;
  return { code: 'CANCELLED', message: `the session was cancelled: ${ending.reason}` };
}
