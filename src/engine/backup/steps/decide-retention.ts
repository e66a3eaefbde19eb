import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { planRetention } from '../../../domain/retention/plan-retention.ts';
import type { StepContext } from '../step-context.ts';

/** Gathers what the decision depends on; the decision itself is the domain's. */
export async function decideRetention({
  engine,
  session,
  history,
  obsoleteRule,
}: StepContext): Promise<BackupCommand> {
  const { policy, sessionId } = session;
  const circumstances = {
    history: await history(),
    obsolete: await obsoleteRule(),
    pointDependency: engine.format.traits.pointDependency,
    now: engine.clock.now(),
    ...(engine.rulesOf === undefined ? {} : { rulesOf: engine.rulesOf }),
  };
  const { points } = planRetention({ ...circumstances, policy, during: sessionId });
  const isAnyDeletable = points.expire.some(({ held }) => held.length === 0);
  return {
    type: 'DecideRetention',
    ...circumstances,
    // Finding the restores that run means to read every session there is.
    ...(isAnyDeletable ? { history: await history('with-restores') } : {}),
  };
}
