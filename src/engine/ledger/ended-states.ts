import type { StreamName } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';
import type { Aggregate, Loaded } from './ledger.ts';

/** In all states together, of some 30 bytes each: as many as some thousand usual sessions have. */
const valuesMax = 1_000_000;

interface EndedState {
  /** The aggregate whose state it is. */
  readonly of: unknown;
  readonly loaded: unknown;
  readonly values: number;
}

/**
 * The states of streams that have ended, those that were asked for last: what an instance's history
 * is made of, again and again.
 */
export class EndedStates {
  readonly #states = new Map<StreamName, EndedState>();
  #values = 0;

  /** @param load is asked unless the stream had ended when it was last asked, for this aggregate */
  async get<State, Event extends DomainEvent>(
    stream: StreamName,
    aggregate: Aggregate<State, Event>,
    load: () => Promise<Loaded<State>>,
  ): Promise<Loaded<State>> {
    const known = this.#states.get(stream);
    const loaded = known?.of === aggregate ? (known.loaded as Loaded<State>) : await load();
    if (aggregate.isEnded?.(loaded.state) !== true) return loaded;
    const values = known?.of === aggregate ? known.values : valuesIn(loaded.state);
    if (values <= valuesMax) this.#remember(stream, { of: aggregate, loaded, values });
    return loaded;
  }

  #remember(stream: StreamName, state: EndedState): void {
    this.#forget(stream);
    this.#states.set(stream, state);
    this.#values += state.values;
    for (const oldest of this.#states.keys()) {
      if (this.#values <= valuesMax) break;
      this.#forget(oldest);
    }
  }

  #forget(stream: StreamName): void {
    this.#values -= this.#states.get(stream)?.values ?? 0;
    this.#states.delete(stream);
  }
}

/** A retention plan of thousands of items makes one state as large as hundreds of others. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let values = 1;
  for (const part of Object.values(value)) values += valuesIn(part);
  return values;
}
