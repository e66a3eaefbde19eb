import { START, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamResolvedEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../../ports/event-store.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import { subscriptionEnded, timedOut } from './kurrentdb-error.ts';
import { searchWindowEvents } from './kurrentdb-limits.ts';
import { storedName } from './kurrentdb-namespace.ts';
import { isAfter, isKnownPosition } from './kurrentdb-position.ts';
import type { LogPosition } from './kurrentdb-position.ts';
import type { Question } from './outage.ts';
import { ServerStream } from './server-stream.ts';
import { toRecordedEvent } from './stored-event.ts';
import { type Failures, subscribeAgain } from './subscribe-again.ts';

export interface FollowOptions {
  /** null: from the beginning. */
  readonly after: LogPosition | null;
  readonly streamPrefix: string;
  /** Where to end; null: never. */
  readonly until: LogPosition | null;
  readonly signal: AbortSignal;
}

/** How far a follower has come, over all its subscriptions. */
interface Progress extends Failures {
  position: LogPosition | null;
}

/**
 * The events of the ledger in the order of the log, each once: those that are there, then what
 * comes. Subscribes again where it was when the server ends a subscription or falls silent.
 *
 * The server chooses the events, because only a subscription of this client takes a filter; what
 * belongs to others never crosses the wire.
 *
 * @throws LEDGER_UNAVAILABLE after too many failures without progress; what cannot get better
 *   by trying again is thrown at once
 */
export function followAll(
  connection: KurrentDbConnection,
  options: FollowOptions,
): AsyncGenerator<RecordedEvent> {
  const progress: Progress = { position: options.after, failures: 0 };
  return subscribeAgain({
    connection,
    kind: 'subscribe',
    signal: options.signal,
    progress,
    once: (client, ending, question) =>
      followOnce(connection, client, options, progress, ending, question),
  });
}

/** What one subscription has said so far, besides events. */
interface Heard {
  state: 'nothing' | 'confirmed' | 'caught-up';
  checkpoint: LogPosition | null;
}

async function* followOnce(
  connection: KurrentDbConnection,
  client: KurrentDbClient,
  options: FollowOptions,
  progress: Progress,
  ending: AbortSignal,
  question: Question,
): AsyncGenerator<RecordedEvent> {
  const { clock, namespace, server } = connection;
  const { until } = options;
  const heard: Heard = { state: 'nothing', checkpoint: null };
  const stream = subscribe(connection, client, options.streamPrefix, progress.position, heard);
  try {
    while (!ending.aborted) {
      const resolved = stream.take();
      if (resolved !== null || heard.state !== 'nothing') question.answered();
      if (resolved !== null) {
        const { event } = resolved;
        if (event === undefined || !isNew(event.position, progress)) continue;
        if (until !== null && isAfter(event.position, until)) return;
        yield toRecordedEvent(event, namespace);
        progress.position = event.position;
        progress.failures = 0;
        continue;
      }
      // Only now, because events from before the checkpoint may have waited to be taken.
      if (heard.checkpoint !== null && isNew(heard.checkpoint, progress)) {
        progress.position = heard.checkpoint;
        progress.failures = 0;
      }
      if (heard.state === 'caught-up') progress.failures = 0;
      if (until !== null && hasReached(until, heard, progress)) return;
      if (stream.isOver) throw subscriptionEnded(server);
      const limitMs = silenceMaxMs(heard, connection);
      await stream.change(clock, limitMs, () => timedOut(server, limitMs ?? 0), ending);
    }
  } finally {
    stream.stop();
  }
}

function subscribe(
  { namespace }: KurrentDbConnection,
  client: KurrentDbClient,
  streamPrefix: string,
  after: LogPosition | null,
  heard: Heard,
): ServerStream<AllStreamResolvedEvent> {
  const subscription = client.subscribeToAll({
    fromPosition: after ?? START,
    requiresLeader: true,
    filter: streamNameFilter({
      prefixes: [storedName(namespace, streamPrefix)],
      maxSearchWindow: searchWindowEvents,
      checkpointReached: (_, position) => {
        // One that is unknown lies behind every event: going on from there would leave out all of them.
        if (isKnownPosition(position)) heard.checkpoint = position;
        stream.touch();
        return Promise.resolve();
      },
    }),
  });
  const stream = new ServerStream<AllStreamResolvedEvent>(subscription, () =>
    subscription.unsubscribe(),
  );
  const hear = (state: Heard['state']) => (): void => {
    heard.state = state;
    stream.touch();
  };
  subscription.on('confirmation', hear('confirmed'));
  subscription.on('caughtUp', hear('caught-up'));
  subscription.on('fellBehind', hear('confirmed'));
  return stream;
}

/** What is left out was given before: the server may send an event again. */
function isNew(position: LogPosition, progress: Progress): boolean {
  return progress.position === null || isAfter(position, progress.position);
}

function hasReached(until: LogPosition, heard: Heard, progress: Progress): boolean {
  if (heard.state === 'caught-up') return true;
  return progress.position !== null && !isAfter(until, progress.position);
}

/** Who is caught up may wait for ever; the connection itself is watched by its keep-alive. */
function silenceMaxMs(heard: Heard, { limits }: KurrentDbConnection): number | null {
  switch (heard.state) {
    case 'nothing':
      return limits.callTimeoutMs;
    case 'confirmed':
      return limits.readSilenceMaxMs;
    case 'caught-up':
      return null;
  }
}
