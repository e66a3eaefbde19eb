import { createCipheriv } from 'node:crypto';

/** Something encrypted with AES-256 in counter mode, and what its true key makes of its first counter. */
export interface WindowTarget {
  readonly name: string;
  /** 16 bytes. */
  readonly counter: Buffer;
  readonly keystream: Buffer;
}

const keyBytes = 32;
const blockBytes = 16;
/**
 * Where allocators put buffers. A key within a message can lie anywhere: 1 tries every place, and takes eight
 * times as long.
 */
const alignmentBytes = Number(process.env['SNAPLEDGER_WINDOW_ALIGNMENT'] ?? '8');
/** Of 32 random bytes 30 are different on average, and fewer than 25 in one of many thousand cases. */
const distinctMin = 25;

/** The counter of the first block that AES-256-GCM encrypts under this nonce of 12 bytes. */
export function windowTarget(name: string, key: Uint8Array, nonce: Uint8Array): WindowTarget {
  const counter = Buffer.concat([nonce, Buffer.from([0, 0, 0, 2])]);
  return { name, counter, keystream: encrypted(key, counter) };
}

/** The targets that some 32 bytes of the pieces open, taken as their key. */
export function tryWindows(
  pieces: Iterable<Buffer>,
  targets: readonly WindowTarget[],
): ReadonlySet<string> {
  const counters = Buffer.concat(targets.map(({ counter }) => counter));
  const opened = new Set<string>();
  const looksRandom = randomLooks();
  for (const piece of pieces) {
    for (let at = 0; at + keyBytes <= piece.length; at += alignmentBytes) {
      if (!looksRandom(piece, at)) continue;
      const blocks = encrypted(piece.subarray(at, at + keyBytes), counters);
      for (const [number, { name, keystream }] of targets.entries()) {
        const from = number * blockBytes;
        if (blocks.compare(keystream, 0, blockBytes, from, from + blockBytes) === 0) {
          opened.add(name);
        }
      }
    }
  }
  return opened;
}

function encrypted(key: Uint8Array, blocks: Buffer): Buffer {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks);
}

function randomLooks(): (piece: Buffer, at: number) => boolean {
  const seenIn = new Int32Array(256);
  let look = 0;
  return (piece, at) => {
    look += 1;
    let distinct = 0;
    for (let n = 0; n < keyBytes; n += 1) {
      const byte = piece[at + n] ?? 0;
      if (seenIn[byte] !== look) distinct += 1;
      else if (n - distinct >= keyBytes - distinctMin) return false;
      seenIn[byte] = look;
    }
    return distinct >= distinctMin;
  };
}
