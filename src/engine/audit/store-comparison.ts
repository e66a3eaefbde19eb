import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EventStore, Revision, StreamName } from '../../ports/event-store.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';
import type { PlacedSegment } from '../transparency-log/read-log.ts';
import { compareWithStore, type StoreDifference } from './compare-store.ts';

/** Where a stream could first not be read. */
interface Unreadable {
  readonly stream: StreamName;
  readonly revision: Revision;
  /** In how many streams the store said the same. */
  readonly streams: number;
}

/** What the event store has, compared with what is sealed. */
export class StoreComparison {
  /** Null: there is nothing to compare with. */
  readonly #eventStore: EventStore | null;
  readonly #differing = new Set<StreamName>();
  readonly #findings: Tampering[] = [];
  /** By what the store says, of a failure that is of no stream: a damaged file fails for many. */
  readonly #unreadable = new Map<string, Unreadable>();

  constructor(eventStore: EventStore | null) {
    this.#eventStore = eventStore;
  }

  /**
   * The first difference of each stream; what follows it in the same stream differs too.
   *
   * @param records those of the segments, in their order
   */
  async compare(
    segments: readonly PlacedSegment[],
    records: readonly StreamRecord[],
  ): Promise<void> {
    if (this.#eventStore === null) return;
    let offset = 0;
    for (const { stream, records: sealed } of segments) {
      const segment = records.slice(offset, offset + sealed.length);
      offset += sealed.length;
      if (!this.#differing.has(stream)) await this.#compareSegment(this.#eventStore, segment);
    }
  }

  /** Takes what the store said where nothing is sealed; it is no finding where it was found already. */
  note(error: SnapledgerError): void {
    const { stream } = error.details;
    const isKnown =
      typeof stream === 'string'
        ? this.#differing.has(stream as StreamName)
        : this.#unreadable.has(error.message);
    if (!isKnown) this.#findings.push(brokenStore(error));
  }

  /** Whether something is wrong with a stream already. */
  differs(stream: string | undefined): boolean {
    return this.#differing.has(stream as StreamName);
  }

  findings(): readonly Tampering[] {
    return [...this.#findings, ...this.#unreadable.entries().map(unreadableStreams)];
  }

  /** A store that cannot even give its records is no better than one that gives others. */
  async #compareSegment(eventStore: EventStore, segment: readonly StreamRecord[]): Promise<void> {
    const [first] = segment;
    if (first === undefined) return;
    const difference = await compareWithStore(eventStore, segment);
    if (difference === null) return;
    this.#add(difference);
    this.#differing.add(first.stream);
  }

  #add(difference: StoreDifference): void {
    if (difference.kind === 'other-record') {
      this.#findings.push(difference.tampering);
      return;
    }
    const { error, stream, revision } = difference;
    if (typeof error.details['stream'] === 'string') {
      this.#findings.push(brokenStore(error));
      return;
    }
    const before = this.#unreadable.get(error.message) ?? { stream, revision, streams: 0 };
    this.#unreadable.set(error.message, { ...before, streams: before.streams + 1 });
  }
}

function brokenStore({ message, details }: SnapledgerError): Tampering {
  const { stream, revision } = details;
  return {
    kind: 'store-broken',
    message,
    ...(typeof stream === 'string' ? { stream } : {}),
    ...(typeof revision === 'number' ? { revision } : {}),
  };
}

function unreadableStreams([said, { stream, revision, streams }]: [string, Unreadable]): Tampering {
  const where = `the stream '${stream}' from its event ${revision} on`;
  const what =
    streams === 1
      ? `It cannot give ${where}.`
      : `It cannot give ${streams} sealed streams, the first of them ${where}.`;
  return { kind: 'store-broken', message: `${said} ${what}`, stream, revision };
}
