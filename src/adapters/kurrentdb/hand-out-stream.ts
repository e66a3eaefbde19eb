import {
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionExistsError,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@eventstore/db-client';
import type { PersistentSubscriptionToStreamResolvedEvent } from '@eventstore/db-client';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { HandedEvent, StreamName } from '../../ports/event-store.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import { subscriptionEnded, timedOut } from './kurrentdb-error.ts';
import { handOutLimits } from './kurrentdb-limits.ts';
import { storedName } from './kurrentdb-namespace.ts';
import type { Question } from './outage.ts';
import { ServerStream } from './server-stream.ts';
import { toRecordedEvent } from './stored-event.ts';
import { type Failures, subscribeAgain } from './subscribe-again.ts';
import { withinTime } from './within-time.ts';

/** The group of the server that all processes of a ledger belong to. */
const groupName = 'snapledger';

/**
 * Events of a stream by way of a persistent subscription. The group is made by whoever needs it first.
 * Connects again when the server ends it or cannot be reached. A failure is one in a row until an event was
 * handed out, or a subscription has lived for `callTimeoutMs`.
 *
 * @throws LEDGER_UNAVAILABLE after too many failures in a row, LEDGER_ACCESS_DENIED
 */
export function handOutStream(
  connection: KurrentDbConnection,
  stream: StreamName,
  signal: AbortSignal,
): AsyncGenerator<HandedEvent> {
  const progress: Failures = { failures: 0 };
  let group: 'unknown' | 'missing' = 'unknown';
  return subscribeAgain({
    connection,
    kind: 'hand-out',
    signal,
    progress,
    once: async function* (client, ending, question) {
      if (group === 'missing') await createGroup(connection, client, stream, question);
      group = 'unknown';
      try {
        yield* handOutOnce(connection, client, stream, ending, progress, question);
      } catch (error) {
        if (error instanceof PersistentSubscriptionDoesNotExistError) group = 'missing';
        throw error;
      }
    },
  });
}

async function* handOutOnce(
  connection: KurrentDbConnection,
  client: KurrentDbClient,
  stream: StreamName,
  ending: AbortSignal,
  progress: Failures,
  question: Question,
): AsyncGenerator<HandedEvent> {
  const { clock, limits, namespace, server } = connection;
  const subscription = client.subscribeToPersistentSubscriptionToStream(
    storedName(namespace, stream),
    groupName,
    { bufferSize: handOutLimits.inFlightMax },
  );
  const handed = new ServerStream<PersistentSubscriptionToStreamResolvedEvent>(subscription, () =>
    subscription.unsubscribe(),
  );
  const joined: { at: TimestampMs | null } = { at: null };
  subscription.on('confirmation', () => {
    joined.at = clock.now();
    question.answered();
    handed.touch();
  });
  try {
    while (!ending.aborted) {
      const resolved = handed.take();
      if (resolved?.event !== undefined) {
        progress.failures = 0;
        yield {
          record: toRecordedEvent(resolved.event, namespace),
          done: async () => {
            const ack = withinTime(clock, limits.callTimeoutMs, subscription.ack(resolved), () =>
              timedOut(server, limits.callTimeoutMs),
            );
            // What the server does not hear of is handed out again, which is allowed.
            await ack.catch(() => undefined);
          },
        };
        continue;
      }
      if (handed.isOver) throw subscriptionEnded(server);
      // The connection itself is watched by its keep-alive.
      const limitMs = joined.at !== null ? null : limits.callTimeoutMs;
      await handed.change(clock, limitMs, () => timedOut(server, limitMs ?? 0), ending);
    }
  } finally {
    handed.stop();
    // Not by the confirmation alone: a server may confirm and break off, again and again.
    const hasLived = joined.at !== null && clock.now() - joined.at >= limits.callTimeoutMs;
    if (hasLived) progress.failures = 0;
  }
}

async function createGroup(
  { clock, limits, namespace, server }: KurrentDbConnection,
  client: KurrentDbClient,
  stream: StreamName,
  question: Question,
): Promise<void> {
  const { callTimeoutMs } = limits;
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({
    startFrom: START,
    messageTimeout: handOutLimits.messageTimeoutMs,
    maxRetryCount: handOutLimits.retriesMax,
  });
  try {
    const created = client.createPersistentSubscriptionToStream(
      storedName(namespace, stream),
      groupName,
      settings,
      { deadline: callTimeoutMs },
    );
    await withinTime(clock, callTimeoutMs, created, () => timedOut(server, callTimeoutMs));
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof PersistentSubscriptionExistsError)) throw error;
  }
  question.answered();
}
