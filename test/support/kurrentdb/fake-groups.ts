import type { FakeEvent, FakeLog } from './fake-log.ts';

/** Who is connected to a group. */
export interface FakeConsumer {
  readonly inFlightMax: number;
  readonly send: (event: FakeEvent, retries: number) => void;
}

export interface FakeGroupSettings {
  /** The revision of the first event that is handed out; `end`: of the first one after the group was made. */
  readonly startFrom: number | 'end';
  readonly messageTimeoutMs: number;
  readonly retriesMax: number;
}

interface Message {
  readonly event: FakeEvent;
  readonly retries: number;
}

interface InFlight extends Message {
  readonly consumer: FakeConsumer;
  readonly timer: NodeJS.Timeout;
}

/**
 * Groups of persistent subscriptions to streams, as a server of 23.10 has them: each event goes to one
 * of the consumers in turn, as many at a time as it takes; what is not acknowledged in time, or whose
 * consumer goes, is sent again before anything new, to whoever is there; what was tried too often is
 * parked. Nothing is kept when the server ends.
 */
export class FakeGroups {
  readonly #log: FakeLog;
  readonly #groups = new Map<string, FakeGroup>();

  constructor(log: FakeLog) {
    this.#log = log;
  }

  /** False when there is one. */
  create(stream: string, name: string, settings: FakeGroupSettings): boolean {
    const key = keyOf(stream, name);
    if (this.#groups.has(key)) return false;
    this.#groups.set(key, new FakeGroup(this.#log, stream, settings));
    return true;
  }

  find(stream: string, name: string): FakeGroup | undefined {
    return this.#groups.get(keyOf(stream, name));
  }
}

export class FakeGroup {
  readonly parked: FakeEvent[] = [];
  readonly #log: FakeLog;
  readonly #stream: string;
  readonly #settings: FakeGroupSettings;
  readonly #consumers: FakeConsumer[] = [];
  readonly #again: Message[] = [];
  readonly #inFlight = new Map<string, InFlight>();
  #next: number;

  constructor(log: FakeLog, stream: string, settings: FakeGroupSettings) {
    this.#log = log;
    this.#stream = stream;
    this.#settings = settings;
    this.#next = settings.startFrom === 'end' ? this.#events().length : settings.startFrom;
    log.onAppend(() => {
      this.#pump();
    });
  }

  join(consumer: FakeConsumer): void {
    this.#consumers.push(consumer);
    this.#pump();
  }

  /** Whatever it had is for others. */
  leave(consumer: FakeConsumer): void {
    const place = this.#consumers.indexOf(consumer);
    if (place >= 0) this.#consumers.splice(place, 1);
    for (const [id, message] of this.#inFlight) {
      if (message.consumer === consumer) this.#retry(id);
    }
    this.#pump();
  }

  acknowledge(ids: readonly string[]): void {
    for (const id of ids) this.#take(id);
    this.#pump();
  }

  #take(id: string): Message | undefined {
    const message = this.#inFlight.get(id);
    if (message === undefined) return undefined;
    clearTimeout(message.timer);
    this.#inFlight.delete(id);
    return message;
  }

  #retry(id: string): void {
    const message = this.#take(id);
    if (message === undefined) return;
    const { event, retries } = message;
    if (retries >= this.#settings.retriesMax) this.parked.push(event);
    else this.#again.push({ event, retries: retries + 1 });
  }

  #pump(): void {
    for (;;) {
      const consumer = this.#consumers.find((one) => this.#held(one) < one.inFlightMax);
      const message = consumer === undefined ? undefined : this.#takeNext();
      if (consumer === undefined || message === undefined) return;
      // The next one has its turn.
      this.#consumers.push(...this.#consumers.splice(this.#consumers.indexOf(consumer), 1));
      this.#send(consumer, message);
    }
  }

  #held(consumer: FakeConsumer): number {
    return [...this.#inFlight.values()].filter((one) => one.consumer === consumer).length;
  }

  #takeNext(): Message | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const event = this.#events()[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    return { event, retries: 0 };
  }

  #events(): readonly FakeEvent[] {
    const events = this.#log.stream(this.#stream);
    return events === undefined || events === 'tombstoned' ? [] : events;
  }

  #send(consumer: FakeConsumer, message: Message): void {
    const { id } = message.event;
    const timer = setTimeout(() => {
      this.#retry(id);
      this.#pump();
    }, this.#settings.messageTimeoutMs);
    timer.unref();
    this.#inFlight.set(id, { ...message, consumer, timer });
    consumer.send(message.event, message.retries);
  }
}

function keyOf(stream: string, name: string): string {
  return `${stream}::${name}`;
}
