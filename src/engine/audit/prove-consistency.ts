import { counted } from '../../domain/errors/counted.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { openCheckpoint } from '../transparency-log/checkpoint.ts';
import { tampered } from '../transparency-log/log-tampered.ts';
import { sameHash } from '../transparency-log/merkle-hash.ts';
import { MerkleTree } from '../transparency-log/merkle-tree.ts';
import { readLog } from '../transparency-log/read-log.ts';
import type { NoteVerifier } from '../transparency-log/signed-note.ts';
import type { ConsistencyProof } from './audit.ts';

/** @throws INVALID_ARGUMENT, LEDGER_TAMPERED */
export async function proveConsistency(
  objectStore: ObjectStore,
  verifier: NoteVerifier,
  kept: string,
): Promise<ConsistencyProof> {
  const checkpoint = openCheckpoint(kept, verifier);
  if (checkpoint === null || checkpoint.size === 0) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `this is no checkpoint that the key ${verifier.name} signed`,
      { remedy: 'Give the whole signed note of a checkpoint of this ledger.' },
    );
  }
  const tree = new MerkleTree();
  let to = kept;
  for await (const { entry } of readLog(objectStore, verifier)) {
    for (const { records } of entry.segments) for (const { leaf } of records) tree.append(leaf);
    to = entry.checkpoint;
  }
  const { size, root } = checkpoint;
  const position = Math.min(size, tree.size);
  if (size > tree.size) {
    throw tampered({
      kind: 'log-truncated',
      message: `the log ends after ${counted(tree.size, 'record')}, before the checkpoint of ${size}`,
      position,
    });
  }
  if (!sameHash(tree.root(size), root)) {
    throw tampered({
      kind: 'log-rewritten',
      message: `the log is not the one that had this checkpoint of ${counted(size, 'record')}`,
      position,
    });
  }
  const proof = tree.consistencyProof(size).map((hash) => Buffer.from(hash).toString('hex'));
  return { from: kept, to, proof };
}
