import type { SessionStarted } from '../../domain/backup-session/backup-events.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { PolicySet } from '../../domain/policy/policy-events.ts';
import { type PolicyV1, upcastPolicy } from './policy-v1.ts';

/** The data of an event of one version, made of that of the version before; pure. */
export type Upcaster = (data: object) => object;

type SessionStartedV1 = Omit<SessionStarted['data'], 'policy'> & { readonly policy: PolicyV1 };

export function sessionStartedFromV1(data: object): SessionStarted['data'] {
  const started = data as SessionStartedV1;
  return { ...started, policy: upcastPolicy(started.policy, [started.instanceId]) };
}

interface PolicySetV1 {
  readonly policy: PolicyV1;
  readonly instances: readonly InstanceId[];
}

export function policySetFromV1(data: object): PolicySet['data'] {
  const { policy, instances } = data as PolicySetV1;
  return { policy: upcastPolicy(policy, instances) };
}
