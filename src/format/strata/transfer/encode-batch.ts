import { hash } from 'node:crypto';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { blockIdOf } from '../keys/record-id.ts';
import { encodeRecord } from '../record/encode-record.ts';
import { recordNonceSizeBytes, recordOverheadSizeBytes } from '../record/record-header.ts';
import {
  blockBytesOf,
  blockOutcomes,
  factOf,
  idBytesOf,
  knownSha256Of,
  openBatchSlot,
  parentKinds,
  recordRoomOf,
  setFact,
  type BatchSlot,
} from './batch-slot.ts';
import type { CompressionEfforts } from '../../compression-effort.ts';
import { openEncoderKeys, type EncoderKeys } from './encoder-keys.ts';
import { EffortProbe } from './effort-probe.ts';

/** What a thread is told once, at its start. */
export interface EncoderSettings {
  /** From `makeEncoderKeysRoom`; the keys are in it before the first job comes. */
  readonly keys: SharedArrayBuffer;
}

/** One batch to encode. */
export interface EncodeJob {
  readonly slot: SharedArrayBuffer;
  readonly blockCount: number;
  /** Number of the first block among all that this transfer ever encodes: makes nonces unique. */
  readonly firstOrdinal: number;
  readonly compression: CompressionEfforts;
}

const zeros = new Uint8Array(blockSizeBytes);

/** Makes the function that an encoder thread performs: facts and records are left in the slot. */
export function batchEncoder(settings: EncoderSettings): (job: EncodeJob) => void {
  const keys = openEncoderKeys(settings.keys);
  const probe = new EffortProbe();
  return (job) => {
    const slot = openBatchSlot(job.slot);
    for (let position = 0; position < job.blockCount; position += 1) {
      const ordinal = job.firstOrdinal + position;
      encodeBlock(slot, position, { keys, probe, compression: job.compression, ordinal });
    }
  };
}

interface BlockEncoding {
  readonly keys: EncoderKeys;
  readonly probe: EffortProbe;
  readonly compression: CompressionEfforts;
  readonly ordinal: number;
}

function encodeBlock(
  slot: BatchSlot,
  position: number,
  { keys, probe, compression, ordinal }: BlockEncoding,
): void {
  const block = blockBytesOf(slot, position);
  const parentKind = factOf(slot, position, 'parentKind');
  setFact(slot, position, 'recordLengthBytes', 0);
  if (Buffer.compare(block, zeros.subarray(0, block.length)) === 0) {
    const outcome = parentKind === parentKinds.zero ? blockOutcomes.unchanged : blockOutcomes.zero;
    setFact(slot, position, 'outcome', outcome);
    return;
  }
  const sha256 = knownSha256Of(slot, position) ?? hash('sha256', block, 'buffer');
  const id = blockIdOf(keys.blockIdKey, sha256);
  idBytesOf(slot, position, 'id').set(id);
  if (
    parentKind === parentKinds.block &&
    Buffer.compare(id, idBytesOf(slot, position, 'parentId')) === 0
  ) {
    setFact(slot, position, 'outcome', blockOutcomes.unchanged);
    return;
  }
  const record = {
    kind: 'block',
    id,
    plain: block,
    kindKey: keys.blockKey,
    sessionIdBytes: keys.sessionIdBytes,
    repositoryIdBytes: keys.repositoryIdBytes,
    nonce: nonceOf(keys.nonceSeed, ordinal),
  } as const;
  const room = recordRoomOf(slot, position);
  const storedBytes = probe.encode(
    block,
    compression,
    (effort) => encodeRecord({ ...record, compression: effort }, room) - recordOverheadSizeBytes,
  );
  setFact(slot, position, 'recordLengthBytes', storedBytes + recordOverheadSizeBytes);
  setFact(slot, position, 'outcome', blockOutcomes.record);
}

/**
 * The first 12 bytes of SHA-256(seed || ordinal): random to who does not know the seed, and never
 * the same twice in a transfer. Derived so that the seed is the only randomness, and it is
 * injected.
 */
function nonceOf(seed: Uint8Array, ordinal: number): Uint8Array {
  const input = Buffer.alloc(seed.length + 8);
  input.set(seed);
  input.writeBigUInt64LE(BigInt(ordinal), seed.length);
  return hash('sha256', input, 'buffer').subarray(0, recordNonceSizeBytes);
}
