import type { PolicyId } from '../../domain/identifiers.ts';
import type { GlobalPosition } from '../../ports/event-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';

/**
 * Which policies, in force or not, may have an open run: a run goes by its policy as it was when it began,
 * and comes to its end although that was removed meanwhile.
 */
export class LeftRuns {
  readonly #ledger: Ledger;
  /** Their schedules have moved on since they were seen to have none. */
  readonly #candidates = new Set<PolicyId>();
  #position: GlobalPosition | null = null;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async candidates(): Promise<readonly PolicyId[]> {
    const { streams, position } = await this.#ledger.streamsChanged(
      streamPrefixes.schedule,
      this.#position,
    );
    for (const stream of streams) {
      this.#candidates.add(stream.slice(streamPrefixes.schedule.length) as PolicyId);
    }
    this.#position = position;
    return [...this.#candidates];
  }

  /** It was seen to have none. */
  forget(policyId: PolicyId): void {
    this.#candidates.delete(policyId);
  }
}
