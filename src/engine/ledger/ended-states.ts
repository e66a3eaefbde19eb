import type { StreamName } from '../../ports/event-store.ts';

/** In all states together, of some 30 bytes each: as many as some thousand usual sessions have. */
const valuesMax = 1_000_000;

/** What an aggregate says of its states. */
interface Ending<State> {
  readonly isEnded?: (state: State) => boolean;
}

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
  async get<State, Loaded extends { readonly state: State }>(
    stream: StreamName,
    aggregate: Ending<State>,
    load: () => Promise<Loaded>,
  ): Promise<Loaded> {
    const known = this.#states.get(stream);
    const loaded = known?.of === aggregate ? (known.loaded as Loaded) : await load();
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
