import type { SessionId } from '../../src/domain/identifiers.ts';
import type { AppendCall } from '../support/engine/hooked-event-store.ts';
import { sessionIdOf } from './engine-facts.ts';

/** What an engine has recorded, as its event store is told of it. */
export class WatchedAppends {
  /** Types of events. */
  readonly happened = new Set<string>();
  readonly #sessionIds: SessionId[] = [];
  #appends = 0;
  #strike: { readonly atAppend: number; readonly act: () => void } | null = null;

  /** In the order in which they began. */
  get sessionIds(): readonly SessionId[] {
    return this.#sessionIds;
  }

  note({ stream, events }: AppendCall): void {
    for (const { type } of events) {
      this.happened.add(type);
      if (type === 'SessionStarted') this.#sessionIds.push(sessionIdOf(stream));
    }
    this.#appends += 1;
    if (this.#appends === this.#strike?.atAppend) this.#strike.act();
  }

  /** Calls `act` as soon as so many more appends are durable; instead of what was to be called before. */
  after(appends: number, act: () => void): void {
    this.#strike = { atAppend: this.#appends + appends, act };
  }
}
