import type { NewEvent, StreamName } from '../../ports/event-store.ts';

/** An event as the log keeps it: out of reach of who appended it and of who reads it. */
export interface LoggedEvent {
  readonly stream: StreamName;
  readonly revision: number;
  /** From 1, without a gap. */
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  /** JSON, as a store on disk would keep it. */
  readonly metadata: string;
}

/**
 * What the event stores of one simulated world share, as processes share a file. It outlives the
 * stores that are opened on it.
 */
export class MemoryEventLog {
  readonly #events: LoggedEvent[] = [];
  readonly #streams = new Map<StreamName, LoggedEvent[]>();
  readonly #ids = new Map<string, LoggedEvent>();
  readonly #listeners = new Set<() => void>();

  /** All events; the one at position p is at index p - 1. */
  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  stream(name: StreamName): readonly LoggedEvent[] {
    return this.#streams.get(name) ?? [];
  }

  holderOf(id: string): LoggedEvent | undefined {
    return this.#ids.get(id);
  }

  append(name: StreamName, events: readonly NewEvent[]): void {
    const stream = this.#streams.get(name) ?? [];
    this.#streams.set(name, stream);
    for (const event of events) {
      const logged: LoggedEvent = {
        stream: name,
        revision: stream.length,
        position: this.#events.length + 1,
        id: event.id,
        type: event.type,
        data: event.data.slice(),
        metadata: JSON.stringify(event.metadata),
      };
      stream.push(logged);
      this.#events.push(logged);
      this.#ids.set(event.id, logged);
    }
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` after each append, until the function that it gives back is called. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
