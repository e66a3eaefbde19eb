import type { StreamName } from '../../ports/event-store.ts';
import { genesisHash, recordHash } from '../ledger/record-hash.ts';
import type { StreamRecord } from '../ledger/record-bytes.ts';
import type { PlacedSegment, ProvenEntry } from '../transparency-log/read-log.ts';
import { tampered } from '../transparency-log/log-tampered.ts';
import { openRecord } from '../transparency-log/sealed-record.ts';
import type { SubjectKeys } from '../transparency-log/subject-keys.ts';

/** A record of the log in clear, and where it stands in the log. */
export interface OpenedRecord {
  readonly record: StreamRecord;
  readonly subject: string;
  readonly position: number;
}

/** Opens the records of proven entries, each once and in order, and checks the chain of each stream. */
export class SegmentOpener {
  readonly #subjectKeys: SubjectKeys;
  readonly #lastHashes = new Map<StreamName, string>();

  constructor(subjectKeys: SubjectKeys) {
    this.#subjectKeys = subjectKeys;
  }

  /** @throws LEDGER_TAMPERED for the first record that cannot be opened or is not chained */
  async *open(proven: ProvenEntry): AsyncGenerator<OpenedRecord, void> {
    for (const segment of proven.segments) {
      const key = await this.#keyOf(proven, segment);
      const { stream, subject, firstRevision } = segment;
      for (const [index, sealed] of segment.records.entries()) {
        const revision = firstRevision + index;
        const position = segment.position + index;
        const place = { objectKey: proven.objectKey, position, stream, revision };
        const record = openRecord(sealed, { stream, revision, subject }, key);
        if (record === null) {
          throw tampered({
            kind: 'record-unreadable',
            message: `event ${revision} of the sealed stream '${stream}' does not open`,
            ...place,
          });
        }
        const lastHash = this.#lastHashes.get(stream) ?? genesisHash;
        if (record.metadata.previousHash !== lastHash) {
          throw tampered({
            kind: 'chain-broken',
            message: `event ${revision} of the sealed stream '${stream}' is not chained to the one before`,
            ...place,
          });
        }
        this.#lastHashes.set(stream, recordHash(stream, revision, record));
        yield { record, subject, position };
      }
    }
  }

  async #keyOf(
    { objectKey }: ProvenEntry,
    { subject, stream, firstRevision: revision, position }: PlacedSegment,
  ): Promise<Uint8Array> {
    const key = await this.#subjectKeys.find(subject);
    if (key !== null) return key;
    throw tampered({
      kind: 'record-unreadable',
      message: `the key of '${subject}' is gone: its records cannot be read any more, from event ${revision} of '${stream}' on`,
      objectKey,
      position,
      stream,
      revision,
    });
  }
}
