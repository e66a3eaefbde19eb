import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { namedInstances } from '../../domain/policy/instance-selection.ts';
import { formatPath } from '../../domain/shape/shape-problem.ts';
import type { Instances } from '../../ports/cloud/instances.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';

/** Instances that a message names. */
const namedMax = 5;

/**
 * Refuses policies that name instances which nobody knows: a name mistyped would be one that is never backed
 * up. An instance that is gone and was backed up before may go on being named.
 *
 * @throws UNKNOWN_INSTANCE with the policy and the field of each
 */
export async function expectNamedInstances(
  instances: Pick<Instances, 'readable'>,
  claims: Pick<InstanceClaims, 'stateOf'>,
  policies: readonly BackupPolicy[],
): Promise<void> {
  const named = policies.flatMap(({ policyId, selection }) =>
    namedInstances(selection).map((one) => ({ policyId, ...one })),
  );
  if (named.length === 0) return;
  const { instances: readable, unreadable } = await instances.readable();
  const inCloud = new Set([...readable, ...unreadable].map(({ instanceId }) => instanceId));
  const absent = new Set<InstanceId>();
  for (const { instanceId } of named) {
    if (inCloud.has(instanceId) || absent.has(instanceId)) continue;
    const { sessions } = await claims.stateOf(instanceId);
    if (sessions.length === 0) absent.add(instanceId);
  }
  const wrong = named.filter(({ instanceId }) => absent.has(instanceId));
  if (wrong.length === 0) return;
  const places = wrong
    .slice(0, namedMax)
    .map(
      ({ policyId, path, instanceId }) =>
        `policy '${policyId}': ${formatPath(['selection', 'include', ...path])} is '${instanceId}'`,
    );
  const more = wrong.length > namedMax ? [`${wrong.length - namedMax} more`] : [];
  throw new SnapledgerError(
    'UNKNOWN_INSTANCE',
    `there is no such instance: ${[...places, ...more].join('; ')}`,
    {
      remedy:
        "Correct the id or take it out; 'snapledger instance list' shows the instances. Nothing was stored.",
    },
  );
}
