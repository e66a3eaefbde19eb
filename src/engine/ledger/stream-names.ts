import type { EngineId, InstanceId, PolicyId, SessionId } from '../../domain/identifiers.ts';
import type { StreamName } from '../../ports/event-store.ts';

/** What the names of each kind of stream begin with. */
export const streamPrefixes = {
  session: 'session-',
  instance: 'instance-',
  policy: 'policy-',
  schedule: 'schedule-',
  engine: 'engine-',
} as const;

/** Settings of retention that belong to no policy. */
export const retentionSettingsStream = 'settings-retention' as StreamName;

/** Runs that are due, in stores that hand them out. */
export const runOffersStream = 'run-offers' as StreamName;

/** Lists the sessions that verified the repository. */
export const verificationsStream = 'verifications' as StreamName;

export function sessionStream(sessionId: SessionId): StreamName {
  return `${streamPrefixes.session}${sessionId}` as StreamName;
}

export function instanceStream(instanceId: InstanceId): StreamName {
  return `${streamPrefixes.instance}${instanceId}` as StreamName;
}

export function policyStream(policyId: PolicyId): StreamName {
  return `${streamPrefixes.policy}${policyId}` as StreamName;
}

export function scheduleStream(policyId: PolicyId): StreamName {
  return `${streamPrefixes.schedule}${policyId}` as StreamName;
}

export function engineStream(engineId: EngineId): StreamName {
  return `${streamPrefixes.engine}${engineId}` as StreamName;
}

/** Whether a stream is one of those that become part of the sealed ledger. */
export function isSealedStream(stream: StreamName): boolean {
  const { session, instance, policy, schedule } = streamPrefixes;
  const single = [retentionSettingsStream, verificationsStream];
  return (
    single.includes(stream) ||
    [session, instance, policy, schedule].some((prefix) => stream.startsWith(prefix))
  );
}

/** Whether a stream only serves engines at work: it is never sealed. */
export function isUnsealedStream(stream: StreamName): boolean {
  return stream === runOffersStream || stream.startsWith(streamPrefixes.engine);
}
