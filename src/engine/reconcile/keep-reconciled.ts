import { isSnapledgerError, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Region } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Reconciliation } from './reconcile.ts';

/** What looking at a region found, or why it could not be looked at; the next look tries again. */
export type ReconciledRegion =
  | { readonly kind: 'looked'; readonly region: Region; readonly reconciliation: Reconciliation }
  | { readonly kind: 'failed'; readonly region: Region; readonly error: SnapledgerError };

export interface KeptReconciled {
  readonly clock: Clock;
  /** From the end of one look at all regions to the next. */
  readonly everyMs: number;
  /** Told of when it cannot be said which regions there are. */
  readonly home: Region;
  /** Where there may be something of the repository; asked before each look. */
  readonly regions: () => Promise<readonly Region[]>;
  readonly reconcile: (region: Region, signal: AbortSignal) => Promise<Reconciliation>;
}

/**
 * Reconciles all regions at once and then again and again, until it is aborted. A region that cannot be
 * looked at keeps nobody from the others, nor from backing up: it is told of, whatever ails it.
 *
 * @throws what is no SnapledgerError
 */
export async function keepReconciled(
  { clock, everyMs, home, regions, reconcile }: KeptReconciled,
  signal: AbortSignal,
  onReconciled: (region: ReconciledRegion) => void,
): Promise<void> {
  const told = async <T>(region: Region, look: () => Promise<T>): Promise<T | null> => {
    try {
      return await look();
    } catch (error) {
      if (isAborted(signal) && error === signal.reason) return null;
      if (!isSnapledgerError(error)) throw error;
      onReconciled({ kind: 'failed', region, error });
      return null;
    }
  };
  while (!signal.aborted) {
    for (const region of (await told(home, regions)) ?? []) {
      if (isAborted(signal)) return;
      const reconciliation = await told(region, () => reconcile(region, signal));
      if (reconciliation !== null) onReconciled({ kind: 'looked', region, reconciliation });
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
