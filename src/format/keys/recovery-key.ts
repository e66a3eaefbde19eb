import { counted } from '../../domain/errors/counted.ts';
import { hash } from 'node:crypto';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { keySizeBytes } from './key-size.ts';

/** What every recovery key begins with in writing. */
const prefix = 'SLRK1';
const checksumLabel = 'snapledger/strata/1/recovery-key-text';
const checksumSizeBytes = 3;
/** The alphabet of Crockford's base 32: without I, L, O and U, which are misread. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const digitBits = 5;
const digitsCount = ((keySizeBytes + checksumSizeBytes) * 8) / digitBits;
const groupLength = 7;

/**
 * A recovery key as it is written down: `SLRK1` and eight groups of seven characters. The last
 * 24 of its 280 bits are a checksum, so that a typing mistake is told from a wrong key.
 */
export function writeRecoveryKey(key: Uint8Array): string {
  const bytes = Buffer.concat([key, checksumOf(key)]);
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  const digits: string[] = [];
  for (let digit = 0; digit < digitsCount; digit += 1) {
    digits.unshift(alphabet.charAt(Number(bits & 31n)));
    bits >>= 5n;
  }
  const groups = Array.from({ length: digitsCount / groupLength }, (_, group) =>
    digits.slice(group * groupLength, (group + 1) * groupLength).join(''),
  );
  return [prefix, ...groups].join('-');
}

/** Spaces, hyphens and dashes (a word processor makes those of hyphens), and the minus sign. */
const separators = /[\s\p{Pd}\u2212]/gu;

/** Whether a text is meant as a recovery key: no passphrase may begin so. */
export function isRecoveryKeyText(text: string): boolean {
  return /^s[l1i]rk[1il]/i.test(text.replace(separators, ''));
}

/**
 * The key in a text as `writeRecoveryKey` makes it. Small letters, other separators or none, and the
 * usual misreadings (I and L for 1, O for 0) are fine.
 *
 * @throws WRONG_PASSPHRASE when it was mistyped. The message says nothing of the text.
 */
export function parseRecoveryKey(text: string): Uint8Array {
  const compact = text.replace(separators, '').toUpperCase().slice(prefix.length);
  const digits = compact.replace(/[IL]/g, '1').replace(/O/g, '0');
  if (digits.length !== digitsCount) {
    throw mistyped(
      `has ${counted(digits.length, 'character')} after ${prefix}, not ${digitsCount}`,
    );
  }
  let bits = 0n;
  for (const [place, digit] of Array.from(digits).entries()) {
    const value = alphabet.indexOf(digit);
    const group = Math.floor(place / groupLength) + 1;
    if (value < 0) throw mistyped(`has a character in group ${group} that no recovery key has`);
    bits = (bits << 5n) | BigInt(value);
  }
  const hex = bits.toString(16).padStart(2 * (keySizeBytes + checksumSizeBytes), '0');
  const bytes = Buffer.from(hex, 'hex');
  const key = new Uint8Array(bytes.subarray(0, keySizeBytes));
  if (!checksumOf(key).equals(bytes.subarray(keySizeBytes))) {
    throw mistyped('has a typing mistake: its checksum is another');
  }
  return key;
}

/** Tells of nothing but mistakes: the key has 256 random bits. */
function checksumOf(key: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.from(checksumLabel, 'ascii'), key]);
  return hash('sha256', message, 'buffer').subarray(0, checksumSizeBytes);
}

function mistyped(problem: string): SnapledgerError {
  return new SnapledgerError('WRONG_PASSPHRASE', `the recovery key ${problem}`, {
    remedy: 'Compare it with what was printed, group by group, and type it again.',
  });
}
