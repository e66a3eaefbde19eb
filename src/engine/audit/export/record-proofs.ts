import type { StreamName } from '../../../ports/event-store.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { StreamRecord } from '../../ledger/record-bytes.ts';
import { recordHash } from '../../ledger/record-hash.ts';
import type { LogReadKeys } from '../../transparency-log/log-keys.ts';
import { tampered } from '../../transparency-log/log-tampered.ts';
import { MerkleTree } from '../../transparency-log/merkle-tree.ts';
import { readLog } from '../../transparency-log/read-log.ts';
import { commitmentOf, digestOf, saltOf } from '../../transparency-log/sealed-record.ts';
import { SubjectKeys } from '../../transparency-log/subject-keys.ts';
import type { RecordProof } from './exported-record.ts';

interface SealedPlace {
  readonly position: number;
  readonly subject: string;
  readonly commitment: Uint8Array;
  readonly sealedDigest: Uint8Array;
}

/** Proofs for the records of some streams against the newest checkpoint. */
export class RecordProofs {
  readonly #tree = new MerkleTree();
  readonly #places = new Map<string, SealedPlace>();
  readonly #subjectKeys: SubjectKeys;
  #checkpoint: string | null = null;

  private constructor(subjectKeys: SubjectKeys) {
    this.#subjectKeys = subjectKeys;
  }

  /**
   * Reads the whole log: a proof needs the hashes of all leaves.
   *
   * @param streams null for all
   * @throws LEDGER_TAMPERED
   */
  static async read(
    parts: {
      readonly objectStore: ObjectStore;
      readonly random: RandomSource;
      readonly keys: LogReadKeys;
    },
    streams: ReadonlySet<StreamName> | null,
  ): Promise<RecordProofs> {
    const { objectStore, random, keys } = parts;
    const proofs = new RecordProofs(new SubjectKeys(objectStore, keys, random));
    for await (const { entry, segments } of readLog(objectStore, keys.signer)) {
      for (const { records } of entry.segments) {
        for (const { leaf } of records) proofs.#tree.append(leaf);
      }
      for (const { stream, subject, firstRevision, records, position: first } of segments) {
        if (streams !== null && !streams.has(stream)) continue;
        for (const [index, { commitment, sealed }] of records.entries()) {
          const position = first + index;
          const place = { position, subject, commitment, sealedDigest: digestOf(sealed) };
          proofs.#places.set(placeKey(stream, firstRevision + index), place);
        }
      }
      proofs.#checkpoint = entry.checkpoint;
    }
    return proofs;
  }

  /** The signed note that the proofs lead to; null when nothing is sealed. */
  get checkpoint(): string | null {
    return this.#checkpoint;
  }

  /**
   * The proof of a record as the event store has it; null when it is not sealed yet.
   *
   * @throws LEDGER_TAMPERED when another record was sealed in its place
   */
  async of(record: StreamRecord): Promise<RecordProof | null> {
    const { stream, revision } = record;
    const place = this.#places.get(placeKey(stream, revision));
    if (place === undefined) return null;
    const { position, subject, commitment, sealedDigest } = place;
    const key = await this.#subjectKeys.find(subject);
    if (key === null) {
      throw tampered({
        kind: 'record-unreadable',
        message: `the key of '${subject}' is gone: its records cannot be proven any more`,
        stream,
        revision,
      });
    }
    const salt = saltOf({ stream, revision, subject }, key);
    const found = commitmentOf(recordHash(stream, revision, record), salt);
    if (Buffer.compare(found, commitment) !== 0) {
      throw tampered({
        kind: 'store-record-altered',
        message: `event ${revision} of the stream '${stream}' in the event store is not the one that was sealed`,
        stream,
        revision,
      });
    }
    return {
      position,
      subject,
      salt: hex(salt),
      sealedDigest: hex(sealedDigest),
      path: this.#tree.inclusionProof(position).map(hex),
    };
  }
}

function placeKey(stream: StreamName, revision: number): string {
  return `${stream}@${revision}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
