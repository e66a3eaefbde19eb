import type { InstanceId, PolicyId, RepositoryId, SessionId } from '../../domain/identifiers.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import {
  instanceStream,
  policyStream,
  retentionSettingsStream,
  scheduleStream,
  sessionStream,
  streamPrefixes,
  verificationsStream,
} from '../ledger/stream-names.ts';
import type { StreamToSeal } from '../transparency-log/log-writer.ts';

/**
 * What a session is about: an instance, (the run of a policy) a policy, or (its maintenance) the
 * repository, with the instance to whose stream it appends.
 */
export type SessionSubject =
  | { readonly instanceId: InstanceId }
  | { readonly policyId: PolicyId }
  | { readonly repositoryId: RepositoryId; readonly instanceId?: InstanceId };

/**
 * The stream of what a session is about, which lists it or says what it does. The maintenance of
 * the repository is about nothing but itself.
 */
export function subjectStream(sessionId: SessionId, subject: SessionSubject): StreamName {
  if ('repositoryId' in subject) return sessionStream(sessionId);
  return 'policyId' in subject
    ? policyStream(subject.policyId)
    : instanceStream(subject.instanceId);
}

/** The streams that never end and that such a session appends to. */
export function streamsBeside(subject: SessionSubject): readonly StreamName[] {
  if ('policyId' in subject) {
    return [policyStream(subject.policyId), scheduleStream(subject.policyId)];
  }
  const { instanceId } = subject;
  const ofInstance = instanceId === undefined ? [] : [instanceStream(instanceId)];
  return 'repositoryId' in subject ? [verificationsStream, ...ofInstance] : ofInstance;
}

/** Who forgets what a session is about forgets the session. */
export function sessionToSeal(sessionId: SessionId, subject: SessionSubject): StreamToSeal {
  return { stream: sessionStream(sessionId), subject: subjectStream(sessionId, subject) };
}

/** The streams that never end: of all instances, policies and their schedules, of settings and verifications. */
export async function standingStreams(eventStore: EventStore): Promise<readonly StreamToSeal[]> {
  const streams = new Set<StreamName>();
  const { policy, schedule, instance } = streamPrefixes;
  const single = [retentionSettingsStream, verificationsStream];
  for (const streamPrefix of [policy, schedule, instance, ...single]) {
    for await (const { stream } of eventStore.readAll({ streamPrefix })) streams.add(stream);
  }
  return [...streams].map((stream) => ({ stream, subject: stream }));
}

/** How many events each session has. Reads the events of all. */
export async function sessionLengths(
  eventStore: EventStore,
): Promise<ReadonlyMap<StreamName, number>> {
  const lengths = new Map<StreamName, number>();
  const streamPrefix = streamPrefixes.session;
  for await (const { stream, revision } of eventStore.readAll({ streamPrefix })) {
    lengths.set(stream, revision + 1);
  }
  return lengths;
}
