import type { ObjectStore } from '../../../src/ports/object-store.ts';

/** From its request number `at` on nothing answers any more; that one may still have its effect. */
export function dyingStore(
  disk: ObjectStore,
  at: number,
  effect: 'lost' | 'performed',
): ObjectStore {
  let calls = 0;
  const die = (): never => {
    throw new Error('the program has died');
  };
  const one = async <Result>(request: () => Promise<Result>): Promise<Result> => {
    calls += 1;
    if (calls > at || (calls === at && effect === 'lost')) return die();
    const result = await request();
    return calls === at ? die() : result;
  };
  return {
    retention: null,
    create: (key, body) => one(() => disk.create(key, body)),
    get: (key, range) => one(() => disk.get(key, range)),
    head: (key) => one(() => disk.head(key)),
    delete: (key) => one(() => disk.delete(key)),
    async *list(prefix, options) {
      yield* await one(() => Array.fromAsync(disk.list(prefix, options)));
    },
  };
}
