import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import { instanceHistory } from '../../domain/retention/instance-history.ts';
import type { RetentionCircumstances } from '../../domain/retention/retention-circumstances.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { loadRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { openRestores } from '../restore/open-restores.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';

export interface ItemSources {
  readonly context: EngineContext;
  readonly ledger: Ledger;
  readonly directory: SessionDirectory;
  readonly policies: PolicyBook;
  readonly settings: RetentionSettingsBook;
}

export interface LoadedCircumstances {
  readonly circumstances: RetentionCircumstances;
  readonly sessions: readonly StartedBackup[];
}

/**
 * What retention would go by if it ran now outside of any session.
 *
 * @param at what it would have gone by at this moment, by what had been recorded then
 * @throws UNKNOWN_INSTANCE when nothing is known of it
 */
export async function loadCircumstances(
  { context, ledger, directory, policies, settings }: ItemSources,
  instanceId: InstanceId,
  at: TimestampMs | null,
): Promise<LoadedCircumstances> {
  const { instance, sessions } = await loadRecords(ledger, instanceId, at);
  // What the ledger knows is there to be listed, also after the instance or its disks are gone.
  if (instance.sessions.length === 0) await context.cloud.instances.describe(instanceId);
  // Who restored at some moment of the past does not matter any more.
  const restores = at === null ? await openRestores(directory, instanceId) : [];
  const circumstances: RetentionCircumstances = {
    history: instanceHistory(sessions, instance, restores),
    policy: await policies.of(await selectableInstance(context.cloud.instances, instanceId), at),
    obsolete: await settings.obsoleteRule(at),
    pointDependency: context.format.traits.pointDependency,
    during: null,
    now: at ?? context.clock.now(),
    ...(context.rulesOf === undefined ? {} : { rulesOf: context.rulesOf }),
  };
  return { circumstances, sessions };
}
