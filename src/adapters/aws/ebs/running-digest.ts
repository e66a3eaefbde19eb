import { createHash } from 'node:crypto';

/**
 * The checksum of a whole snapshot as EBS wants it (`LINEAR`): the SHA-256 of the digests of its blocks,
 * one after the other in ascending order of the blocks, whatever the order in which they come.
 */
export interface RunningDigest {
  add(block: number, digest: Uint8Array): void;
  /** No block before this one comes any more: what is remembered of them is folded in. */
  passed(block: number): void;
  /** In base64, with the number of blocks. */
  end(): { readonly count: number; readonly checksum: string };
}

export function runningDigest(): RunningDigest {
  const hash = createHash('sha256');
  const waiting = new Map<number, Uint8Array>();
  let count = 0;
  const fold = (before: number): void => {
    const due = [...waiting.keys()].filter((block) => block < before).sort((a, b) => a - b);
    for (const block of due) {
      hash.update(waiting.get(block) ?? new Uint8Array());
      waiting.delete(block);
    }
  };
  return {
    add(block, digest) {
      if (!waiting.has(block)) count += 1;
      waiting.set(block, digest);
    },
    passed: fold,
    end() {
      fold(Infinity);
      return { count, checksum: hash.digest('base64') };
    },
  };
}
