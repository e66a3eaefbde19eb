import type { TimestampMs } from '../../domain/identifiers.ts';
import type { StreamName } from '../../ports/event-store.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';

/** More are only counted. */
const listedMax = 100;

/**
 * Events that were recorded at an earlier time than the one before them in their stream. That is no
 * damage: their order is that of the chain, and times are those of the clock that an engine had.
 */
export interface ClockRemarks {
  readonly count: number;
  /** At most the first 100. */
  readonly first: readonly ClockRemark[];
}

export interface ClockRemark {
  readonly stream: StreamName;
  readonly revision: number;
  readonly recordedAt: TimestampMs;
  /** Of the event before: a later time. */
  readonly previousAt: TimestampMs;
}

/** Looks at the records of each stream in order. */
export class ClockWatch {
  readonly #lastTimes = new Map<StreamName, TimestampMs>();
  readonly #first: ClockRemark[] = [];
  #count = 0;

  note({ stream, revision, metadata: { recordedAt } }: StreamRecord): ClockRemark | null {
    const previousAt = this.#lastTimes.get(stream) ?? recordedAt;
    this.#lastTimes.set(stream, recordedAt);
    if (recordedAt >= previousAt) return null;
    const remark = { stream, revision, recordedAt, previousAt };
    this.#count += 1;
    if (this.#first.length < listedMax) this.#first.push(remark);
    return remark;
  }

  get remarks(): ClockRemarks {
    return { count: this.#count, first: this.#first };
  }
}
