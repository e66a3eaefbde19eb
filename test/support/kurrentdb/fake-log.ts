/** An event as the fake keeps it. */
export interface FakeEvent {
  readonly stream: string;
  readonly revision: number;
  /** Commit and prepare position alike, as for every event that a client appends. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly createdMs: number;
}

export type ProposedEvent = Pick<FakeEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

export type FakeExpectation = number | 'no-stream' | 'any' | 'stream-exists';

export type FakeAppendOutcome =
  | { readonly kind: 'success'; readonly revision: number; readonly position: bigint }
  /** `currentRevision` is -1 for a stream that is not there. */
  | { readonly kind: 'wrong-version'; readonly currentRevision: number }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'too-large'; readonly maxBytes: number };

interface FakeStream {
  readonly events: FakeEvent[];
  state: 'there' | 'soft-deleted' | 'tombstoned';
}

/** One in so many appends is followed by an event of the server itself, as its statistics are. */
const systemEventEvery = 7;

/**
 * The transaction log of the fake. Decides about appends as `IndexWriter.CheckCommit` of a server
 * of 23.10 does, the idempotent ones included.
 */
export class FakeLog {
  readonly #events: FakeEvent[] = [];
  readonly #streams = new Map<string, FakeStream>();
  readonly #listeners = new Set<() => void>();
  readonly #appendMaxBytes: number;
  #end = 1_234n;
  #appends = 0;

  constructor(appendMaxBytes: number) {
    this.#appendMaxBytes = appendMaxBytes;
    // No server is ever empty, nor is it ours alone.
    this.#write('$settings', [systemEvent('$UserCreated', 0)]);
    this.#write('other-application', [foreignEvent(1), foreignEvent(2)]);
  }

  get events(): readonly FakeEvent[] {
    return this.#events;
  }

  /** What a reader sees; undefined for a stream that is not there. */
  stream(name: string): readonly FakeEvent[] | 'tombstoned' | undefined {
    const stream = this.#streams.get(name);
    if (stream?.state === 'tombstoned') return 'tombstoned';
    return stream?.state === 'there' ? stream.events : undefined;
  }

  append(
    name: string,
    expected: FakeExpectation,
    proposed: readonly ProposedEvent[],
  ): FakeAppendOutcome {
    const bytes = proposed.reduce(
      (sum, event) => sum + event.data.length + event.metadata.length,
      0,
    );
    if (bytes > this.#appendMaxBytes) return { kind: 'too-large', maxBytes: this.#appendMaxBytes };
    const stream = this.#streams.get(name);
    if (stream?.state === 'tombstoned') return { kind: 'deleted' };
    const current = (stream?.events.length ?? 0) - 1;
    const wrong: FakeAppendOutcome = { kind: 'wrong-version', currentRevision: current };
    if (expected === 'stream-exists' && stream?.state !== 'there') return wrong;
    if (typeof expected === 'number' || expected === 'no-stream') {
      const before = expected === 'no-stream' ? -1 : expected;
      if (before > current) return wrong;
      if (before < current) {
        const repeated = proposed.map(
          (event, index) => stream?.events[before + 1 + index]?.id === event.id,
        );
        if (repeated.every(Boolean)) return this.#succeeded(name, before + proposed.length);
        const isNewLife = expected === 'no-stream' && stream?.state === 'soft-deleted';
        if (repeated[0] === true || !isNewLife) return wrong;
      }
    }
    const revision = this.#write(name, proposed);
    this.#appends += 1;
    if (this.#appends % systemEventEvery === 0) {
      this.#write('$stats-127.0.0.1:2113', [systemEvent('$statsCollected', this.#appends)]);
    }
    for (const listener of [...this.#listeners]) listener();
    return this.#succeeded(name, revision);
  }

  softDelete(name: string): void {
    const stream = this.#streams.get(name);
    if (stream !== undefined) stream.state = 'soft-deleted';
  }

  tombstone(name: string): void {
    const stream = this.#streams.get(name);
    if (stream !== undefined) stream.state = 'tombstoned';
  }

  /** Removes the beginning of a stream, as `$tb` or a scavenge does. */
  truncate(name: string, firstRevision: number): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    const kept = stream.events.filter((event) => event.revision >= firstRevision);
    stream.events.splice(0, stream.events.length, ...kept);
  }

  /** Calls `listener` after each append, until the function that it gives back is called. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(name: string, proposed: readonly ProposedEvent[]): number {
    const stream = this.#streams.get(name) ?? { events: [], state: 'there' };
    stream.state = 'there';
    this.#streams.set(name, stream);
    for (const event of proposed) {
      const recorded: FakeEvent = {
        ...event,
        stream: name,
        revision: (stream.events.at(-1)?.revision ?? -1) + 1,
        position: this.#end,
        createdMs: Date.now(),
      };
      this.#end += BigInt(101 + event.data.length + event.metadata.length);
      stream.events.push(recorded);
      this.#events.push(recorded);
    }
    return stream.events.at(-1)?.revision ?? -1;
  }

  #succeeded(name: string, revision: number): FakeAppendOutcome {
    const event = this.#streams.get(name)?.events.find((one) => one.revision === revision);
    return { kind: 'success', revision, position: event?.position ?? 0n };
  }
}

function systemEvent(type: string, number: number): ProposedEvent {
  return jsonEvent(type, number, 'a');
}

function foreignEvent(number: number): ProposedEvent {
  return jsonEvent('OrderPlaced', number, 'b');
}

function jsonEvent(type: string, number: number, kind: string): ProposedEvent {
  return {
    id: `00000000-0000-4000-${kind}000-${String(number).padStart(12, '0')}`,
    type,
    contentType: 'application/json',
    data: new TextEncoder().encode(JSON.stringify({ number })),
    metadata: new Uint8Array(),
  };
}
