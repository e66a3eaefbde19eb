import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import { instanceHistory } from '../../domain/retention/instance-history.ts';
import type { RetentionCircumstances } from '../../domain/retention/retention-circumstances.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { type InstanceRecords, loadRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import type { Ledger, ReadingOptions } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { presentPolicyOf } from '../policy/policy-of-instance.ts';
import { openRestores } from '../restore/open-restores.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';
import type { KnownPolicy, PolicyEvidence } from './known-policy.ts';
import { policyAt } from './policy-at.ts';

export interface ItemSources {
  readonly context: EngineContext;
  readonly ledger: Ledger;
  readonly directory: SessionDirectory;
  readonly policies: PolicyBook;
  readonly settings: RetentionSettingsBook;
}

export interface LoadedCircumstances {
  readonly policyFrom: PolicyEvidence;
  readonly circumstances: RetentionCircumstances;
  readonly sessions: readonly StartedBackup[];
}

/**
 * What retention would go by if it ran now outside of any session.
 *
 * @param options `at`: what it would have gone by at this moment, by what had been recorded then, the tags of
 *   the instance included, which needs them opened
 * @throws UNKNOWN_INSTANCE when nothing is known of it
 */
export async function loadCircumstances(
  sources: ItemSources,
  instanceId: InstanceId,
  { at = null, sensitive = 'opened' }: ReadingOptions,
): Promise<LoadedCircumstances> {
  const { context, ledger, directory, settings } = sources;
  const records = await loadRecords(ledger, instanceId, { at, sensitive });
  const { instance, sessions } = records;
  // What the ledger knows is there to be listed, also after the instance or its disks are gone.
  if (instance.sessions.length === 0) await context.cloud.instances.describe(instanceId);
  const restores = await openRestores(directory, instanceId, at);
  const { policy, from: policyFrom } = await knownPolicy(sources, instanceId, records, at);
  const circumstances: RetentionCircumstances = {
    history: instanceHistory(sessions, instance, restores),
    policy,
    obsolete: await settings.obsoleteRule(at),
    pointDependency: context.format.traits.pointDependency,
    during: null,
    now: at ?? context.clock.now(),
    ...(context.rulesOf === undefined ? {} : { rulesOf: context.rulesOf }),
  };
  return { circumstances, policyFrom, sessions };
}

async function knownPolicy(
  { context, ledger, policies }: ItemSources,
  instanceId: InstanceId,
  records: InstanceRecords,
  at: TimestampMs | null,
): Promise<KnownPolicy> {
  const { instances } = context.cloud;
  if (at !== null) return policyAt({ ledger, policies, instances }, instanceId, records, at);
  const selectable = await selectableInstance(instances, instanceId);
  const policy = await presentPolicyOf(ledger, policies, selectable);
  return { policy, from: 'present' };
}
