import { argon2Bounds, type Argon2Parameters } from '../../../src/format/keys/key-slot.ts';
import { createStrataFormat } from '../../../src/format/strata/strata-format.ts';

/** The least that a header may say. */
export const cheapHardness: Argon2Parameters = {
  memoryKib: argon2Bounds.memoryKib.min,
  passes: argon2Bounds.passes.min,
  parallelism: argon2Bounds.parallelism.min,
};

/**
 * The real format with passphrases that are cheap to try: tests open repositories many hundred
 * times, and Argon2id is made to be slow.
 */
export const cheapStrata = createStrataFormat(cheapHardness);

/** The same for tests that read a few blocks very often: starting threads would be most of what they do. */
export const threadlessStrata = createStrataFormat(cheapHardness, 'caller');
