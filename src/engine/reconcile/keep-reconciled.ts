import { isSnapledgerError, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { CloudPlace } from '../../domain/policy/cloud-place.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Reconciliation } from './reconcile.ts';

/** What looking at a place found, or why it could not be looked at; the next look tries again. */
export type ReconciledPlace =
  | { readonly kind: 'looked'; readonly place: CloudPlace; readonly reconciliation: Reconciliation }
  | { readonly kind: 'failed'; readonly place: CloudPlace; readonly error: SnapledgerError };

export interface KeptReconciled {
  readonly clock: Clock;
  /** From the end of one look at all places to the next. */
  readonly everyMs: number;
  /** Told of when it cannot be said which places there are. */
  readonly home: CloudPlace;
  /** Where there may be something of the repository; asked before each look. */
  readonly places: () => Promise<readonly CloudPlace[]>;
  readonly reconcile: (place: CloudPlace, signal: AbortSignal) => Promise<Reconciliation>;
}

/**
 * Reconciles all places at once and then again and again, until it is aborted. A place that cannot be
 * looked at keeps nobody from the others, nor from backing up: it is told of, whatever ails it.
 *
 * @throws what is no SnapledgerError
 */
export async function keepReconciled(
  { clock, everyMs, home, places, reconcile }: KeptReconciled,
  signal: AbortSignal,
  onReconciled: (place: ReconciledPlace) => void,
): Promise<void> {
  const told = async <T>(place: CloudPlace, look: () => Promise<T>): Promise<T | null> => {
    try {
      return await look();
    } catch (error) {
      if (isAborted(signal) && error === signal.reason) return null;
      if (!isSnapledgerError(error)) throw error;
      onReconciled({ kind: 'failed', place, error });
      return null;
    }
  };
  while (!signal.aborted) {
    for (const place of (await told(home, places)) ?? []) {
      if (isAborted(signal)) return;
      const reconciliation = await told(place, () => reconcile(place, signal));
      if (reconciliation !== null) onReconciled({ kind: 'looked', place, reconciliation });
    }
    try {
      await clock.sleep(everyMs, signal);
    } catch (error) {
      if (!isAborted(signal)) throw error;
    }
  }
}

/** Asked anew: it changes while the loop waits, which the compiler cannot know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
