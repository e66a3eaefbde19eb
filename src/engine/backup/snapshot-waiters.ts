import type { CloudPlace } from '../../domain/policy/cloud-place.ts';
import { accountIn } from '../cloud-account.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { SnapshotWaiter } from './snapshot-waiter.ts';

/** One waiter for the snapshots of the cloud's own region, and one for the copies in each place. */
export class SnapshotWaiters {
  readonly own: SnapshotWaiter;
  readonly #context: EngineContext;
  readonly #ofPlaces = new Map<string, SnapshotWaiter>();

  constructor(context: EngineContext) {
    this.#context = context;
    const { snapshots } = context.cloud;
    this.own = new SnapshotWaiter((snapshotIds) => snapshots.describe(snapshotIds), context);
  }

  /** @throws INVALID_ARGUMENT */
  copiesIn({ region, account }: CloudPlace): SnapshotWaiter {
    const key = JSON.stringify([region, account]);
    const known = this.#ofPlaces.get(key);
    if (known !== undefined) return known;
    const { replicas } = accountIn(this.#context.cloud, account);
    const waiter = new SnapshotWaiter(
      (snapshotIds) => replicas.describe(region, snapshotIds),
      this.#context,
    );
    this.#ofPlaces.set(key, waiter);
    return waiter;
  }
}
