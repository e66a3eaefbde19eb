import type { ObjectStore } from '../ports/object-store.ts';

/** When a process dies: at its `create` of this number (from 1), with or without its effect. */
export interface Death {
  readonly create: number;
  readonly effect: 'lost' | 'made';
}

/** The store as a process sees it that dies while it creates an object. */
export interface MortalStore {
  readonly objectStore: ObjectStore;
  /** Whether it came to that. */
  readonly hasDied: () => boolean;
}

/** From its death on nothing that the process does has an effect. */
export function mortalStore(inner: ObjectStore, death: Death): MortalStore {
  let creates = 0;
  let isDead = false;
  const alive = <Result>(work: () => Promise<Result>): Promise<Result> =>
    isDead ? Promise.reject(new ProcessDied()) : work();
  const { retention } = inner;
  const objectStore: ObjectStore = {
    create: (key, body, options) =>
      alive(async () => {
        creates += 1;
        if (creates !== death.create) {
          await inner.create(key, body, options);
          return;
        }
        isDead = true;
        if (death.effect === 'made') await inner.create(key, body, options);
        throw new ProcessDied();
      }),
    get: (key, range, room) => alive(() => inner.get(key, range, room)),
    head: (key) => alive(() => inner.head(key)),
    delete: (key) => alive(() => inner.delete(key)),
    async *list(prefix, options) {
      if (isDead) throw new ProcessDied();
      yield* inner.list(prefix, options);
    },
    retention:
      retention === null
        ? null
        : {
            ...retention,
            extend: (key, until) => alive(() => retention.extend(key, until)),
            heldUntil: (key) => alive(() => retention.heldUntil(key)),
          },
  };
  return { objectStore, hasDied: () => isDead };
}

/** What a call of a process fails with that is no more; nobody hears it but the test. */
export class ProcessDied extends Error {
  constructor() {
    super('the process has died');
  }
}
