import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { eventStoreLimits } from '../../../src/ports/event-store.ts';
import type {
  EventStore,
  GlobalPosition,
  NewEvent,
  RecordedEvent,
  Revision,
  StreamName,
} from '../../../src/ports/event-store.ts';

export const metadata: NewEvent['metadata'] = {
  schemaVersion: 1,
  recordedAt: 1_790_000_000_000 as TimestampMs,
  actor: 'conformance',
  engineVersion: '0.0.0',
  cause: 'a test',
  previousHash: '0'.repeat(64),
};

/** Metadata as a later engine may write it: what this one does not know has to stay. */
export const laterMetadata = {
  ...metadata,
  schemaVersion: 7,
  later: { list: [1, null, true, 'x'], nested: {} },
};

// Unique in the life of a store that is shared by several runs, such as a server.
const run = `${process.pid}-${process.hrtime.bigint()}`;
let made = 0;

export function newStream(kind = 'session'): StreamName {
  made += 1;
  return `${kind}-${run}-${made}` as StreamName;
}

export function newEvent(parts: Partial<NewEvent> = {}): NewEvent {
  made += 1;
  const hex = createHash('sha256').update(`${run}-${made}`).digest('hex');
  const id = [8, 4, 4, 4, 12].map((length, index) => hex.slice(index * 12, index * 12 + length));
  return {
    id: id.join('-'),
    type: 'SnapshotTaken',
    data: Uint8Array.of(made & 0xff, made >> 8),
    metadata,
    ...parts,
  };
}

export function newEvents(count: number): readonly NewEvent[] {
  return Array.from({ length: count }, () => newEvent());
}

export function at(revision: number): Revision {
  return revision as Revision;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

export async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(hasErrorCode(error, code), `expected ${code}, got ${String(error)}`);
    assert.ok(error.remedy !== undefined, `${code} says what to do`);
    return true;
  });
}

export function revisions(events: readonly RecordedEvent[]): readonly number[] {
  return events.map((event) => event.revision);
}

export function withoutPlace({ id, type, data, metadata }: RecordedEvent): NewEvent {
  return { id, type, data, metadata };
}

export async function fill(store: EventStore, stream: StreamName, count: number): Promise<void> {
  for (let done = 0; done < count; done += eventStoreLimits.appendEventsMax) {
    const events = newEvents(Math.min(eventStoreLimits.appendEventsMax, count - done));
    await store.append(stream, done === 0 ? 'no-stream' : at(done - 1), events);
  }
}

/** Where the store ends now, as the beginning of a read; nothing for a store without events. */
export async function lastPosition(
  store: EventStore,
): Promise<{ readonly after?: GlobalPosition }> {
  const stream = newStream('mark');
  await store.append(stream, 'no-stream', newEvents(1));
  const [event] = await all(store.readStream(stream));
  return event === undefined ? {} : { after: event.position };
}
