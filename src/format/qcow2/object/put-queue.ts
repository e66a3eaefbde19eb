import type { ObjectKey } from '../../../ports/object-store.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';
import { corrupt } from './refusals.ts';

/** Objects being created at once: hides the delay of a store, and holds few in memory. */
const inFlightMax = 4;

/** Creates objects whose names are fresh, several at once. */
export class PutQueue {
  readonly #context: RepositoryContext;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** Waits until there is room. @throws what an earlier one has failed with */
  async put(key: ObjectKey, bytes: Uint8Array): Promise<void> {
    while (this.#inFlight.size >= inFlightMax) await Promise.race(this.#inFlight);
    this.#refuseAfterFailure();
    const putting = this.#create(key, bytes).finally(() => {
      this.#inFlight.delete(putting);
    });
    this.#inFlight.add(putting);
  }

  /** Waits until all of them are durable. @throws what one of them has failed with */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#refuseAfterFailure();
  }

  async #create(key: ObjectKey, bytes: Uint8Array): Promise<void> {
    try {
      if ((await createObject(this.#context, key, bytes)) === 'created') return;
      throw corrupt(key, 'somebody else has made an object of this name');
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
