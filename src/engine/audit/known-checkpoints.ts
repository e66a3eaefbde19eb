import { counted } from '../../domain/errors/counted.ts';
import type { CheckpointWitness } from '../../ports/checkpoint-witness.ts';
import {
  type Checkpoint,
  openCheckpoint,
  readClaimedCheckpoint,
} from '../transparency-log/checkpoint.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';
import { type MerkleFrontier, rootOf } from '../transparency-log/merkle-frontier.ts';
import { sameHash } from '../transparency-log/merkle-hash.ts';
import type { NoteVerifier } from '../transparency-log/signed-note.ts';

/** The checkpoints that witnesses have, to be compared with the log as it is read. */
export class KnownCheckpoints {
  readonly #bySize = new Map<number, Checkpoint[]>();
  readonly #tamperings: Tampering[] = [];
  readonly #empty: string[] = [];
  #count = 0;

  /** The witnesses that should have checkpoints and have none, in words. */
  get empty(): readonly string[] {
    return this.#empty;
  }

  /** How many were compared or are to be. */
  get count(): number {
    return this.#count;
  }

  /** Reads what the witnesses have; what is not of this key is a tampering of its own. */
  async read(witnesses: readonly CheckpointWitness[], verifier: NoteVerifier): Promise<void> {
    for (const witness of witnesses) {
      const before = this.#count;
      for await (const { note, place } of witness.published()) {
        this.add(note, verifier, place);
      }
      if (witness.keptIn !== null && this.#count === before) this.#empty.push(witness.keptIn);
    }
  }

  /** @param place where it was found, in words */
  add(note: string, verifier: NoteVerifier, place: string): void {
    const checkpoint = openCheckpoint(note, verifier);
    if (checkpoint === null) {
      const claimed = readClaimedCheckpoint(note);
      const what =
        claimed === null
          ? 'is no checkpoint'
          : `is a checkpoint of size ${claimed.size} that the key ${verifier.name} did not sign`;
      this.#tamperings.push({
        kind: 'witness-foreign',
        message: `${place} ${what}: whoever can write there has changed it`,
        ...(claimed === null ? {} : { position: claimed.size }),
      });
      return;
    }
    this.#count += 1;
    const same = this.#bySize.get(checkpoint.size) ?? [];
    if (same.some(({ root }) => sameHash(root, checkpoint.root))) return;
    this.#bySize.set(checkpoint.size, [...same, checkpoint]);
  }

  /** The log had this size once: its root has to be the one that was witnessed. */
  compare(frontier: MerkleFrontier): void {
    const known = this.#bySize.get(frontier.size) ?? [];
    this.#bySize.delete(frontier.size);
    for (const { root, size } of known) {
      if (sameHash(root, rootOf(frontier))) continue;
      this.#tamperings.push({
        kind: 'log-rewritten',
        message: `the log is not the one of whose first ${counted(size, 'record')} a witness has the checkpoint`,
        position: size - 1,
      });
    }
  }

  /** What is wrong, when the whole log has been compared; `size` is where it ends. */
  tamperings(size: number): readonly Tampering[] {
    const beyond = [...this.#bySize.keys()].filter((known) => known > size);
    if (beyond.length === 0) return this.#tamperings;
    const largest = Math.max(...beyond);
    return [
      ...this.#tamperings,
      {
        kind: 'log-truncated',
        message: `the log ends after ${counted(size, 'record')}, but a witness has its checkpoint of ${largest}: it was cut off, or is an older copy`,
        position: size,
      },
    ];
  }
}
