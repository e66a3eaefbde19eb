import type { StreamName } from '../../ports/event-store.ts';

const commitmentSizeBytes = 32;
const roomAtFirst = 16;

/** The commitments to the records that the log has of each stream, 32 bytes a record. */
export class SealedStreams {
  readonly #streams = new Map<StreamName, PackedCommitments>();

  /** The first revision that the log does not have. */
  nextRevision(stream: StreamName): number {
    return this.#streams.get(stream)?.count ?? 0;
  }

  /** Of every stream. */
  *nextRevisions(): Generator<readonly [StreamName, number], void> {
    for (const [stream, { count }] of this.#streams) yield [stream, count];
  }

  /** To be called for the next record of a stream. */
  add(stream: StreamName, commitment: Uint8Array): void {
    const packed = this.#streams.get(stream) ?? new PackedCommitments();
    this.#streams.set(stream, packed);
    packed.push(commitment);
  }

  /** Whether the log has this very record. */
  has(stream: StreamName, revision: number, commitment: Uint8Array): boolean {
    const known = this.#streams.get(stream)?.at(revision) ?? null;
    return known !== null && Buffer.compare(known, commitment) === 0;
  }
}

/** In one piece: an array of its own for each would take several times as much. */
class PackedCommitments {
  #bytes = new Uint8Array(roomAtFirst * commitmentSizeBytes);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(commitment: Uint8Array): void {
    const end = (this.#count + 1) * commitmentSizeBytes;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(commitment, end - commitmentSizeBytes);
    this.#count += 1;
  }

  at(revision: number): Uint8Array | null {
    if (revision >= this.#count) return null;
    const offset = revision * commitmentSizeBytes;
    return this.#bytes.subarray(offset, offset + commitmentSizeBytes);
  }
}
