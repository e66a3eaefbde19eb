import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { planRetention } from '../../../domain/retention/plan-retention.ts';
import { removalsOf } from '../../../domain/retention/retention-plan.ts';
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
  const plan = planRetention({ ...circumstances, policy, during: sessionId });
  return {
    type: 'DecideRetention',
    ...circumstances,
    // Where nothing would go, no restore has to be looked for that keeps it.
    ...(removalsOf(plan).length > 0 ? { history: await history('with-restores') } : {}),
  };
}
