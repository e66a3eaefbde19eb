import type { StreamName } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';
import type { Aggregate, Loaded } from './ledger.ts';

/** Some kilobytes each. */
const statesMax = 1024;

/**
 * The states of streams that have ended, those that were asked for last: what an instance's history
 * is made of, again and again.
 */
export class EndedStates {
  readonly #states = new Map<StreamName, { readonly of: unknown; readonly loaded: unknown }>();

  /** @param load is asked unless the stream had ended when it was last asked, for this aggregate */
  async get<State, Event extends DomainEvent>(
    stream: StreamName,
    aggregate: Aggregate<State, Event>,
    load: () => Promise<Loaded<State>>,
  ): Promise<Loaded<State>> {
    const known = this.#states.get(stream);
    this.#states.delete(stream);
    const loaded = known?.of === aggregate ? (known.loaded as Loaded<State>) : await load();
    if (aggregate.isEnded?.(loaded.state) !== true) return loaded;
    this.#states.set(stream, { of: aggregate, loaded });
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= statesMax) break;
      this.#states.delete(oldest);
    }
    return loaded;
  }
}
