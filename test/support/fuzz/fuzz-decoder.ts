import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import fc from 'fast-check';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { fixturePath } from './fuzz-subject.ts';
import { mutatedBytes } from './mutated-bytes.ts';

/** What reads bytes that anybody may have written. */
export interface UntrustedReader {
  readonly reads: string;
  /** Some that are as they should be. */
  readonly samples: readonly Uint8Array[];
  /** Reads all that there is in them. */
  readonly read: (bytes: Buffer) => unknown;
  /** Makes the sums right that do not need a key: what is behind them is to be reached. */
  readonly withSums?: (bytes: Buffer) => Buffer;
}

const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '1000');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '1');
interface KeptBytes {
  readonly about: string;
  readonly reads: string;
  readonly base64: string;
}

/** What has found something once; a counterexample is added here. */
const corpus = JSON.parse(
  readFileSync(fixturePath('fuzz', 'bytes.json'), 'utf8'),
) as readonly KeptBytes[];

/** A sample takes well below a millisecond. */
const slowMs = 2000;

const unchanged = (bytes: Buffer): Buffer => bytes;

/** One test for each: bytes are read, or refused with a code; nothing else comes of them, and at once. */
export function refusesWithACode(readers: readonly UntrustedReader[]): void {
  for (const { reads, samples, read, withSums = unchanged } of readers) {
    for (const { about, base64 } of corpus.filter((kept) => kept.reads === reads)) {
      it(`refuses with a code, given for ${reads}: ${about}`, async () => {
        const reading = Promise.resolve(Buffer.from(base64, 'base64')).then(read);
        await assert.rejects(
          reading,
          (error) => isSnapledgerError(error) && error.code !== 'INTERNAL',
        );
      });
    }

    it(`reads or refuses with a code whatever is given for ${reads}`, async () => {
      for (const sample of samples) await read(withSums(Buffer.from(sample)));
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(mutatedBytes(samples).map(withSums), async (bytes) => {
          const begun = performance.now();
          try {
            await read(bytes);
          } catch (error) {
            refused += 1;
            if (!isSnapledgerError(error) || error.code === 'INTERNAL') throw error;
          }
          assert.ok(performance.now() - begun < slowMs, 'it takes too long');
        }),
        { numRuns: runs, seed },
      );
      assert.ok(refused > 0, 'something is refused');
    });
  }
}
