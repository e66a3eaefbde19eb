import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  isRecoveryKeyText,
  parseRecoveryKey,
  writeRecoveryKey,
} from '../../../src/format/keys/recovery-key.ts';
import { secretOf } from '../../../tools/strata-reader/slot.ts';

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a recovery key in writing', () => {
  it('has a beginning and eight groups of seven, and is read back by both readers', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const text = writeRecoveryKey(key);
        assert.match(text, /^SLRK1(-[0-9A-HJKMNP-TV-Z]{7}){8}$/);
        assert.ok(isRecoveryKeyText(text));
        assert.deepEqual(parseRecoveryKey(text), key);
        const second = secretOf(text);
        assert.ok(second.kind === 'recovery-key');
        assert.deepEqual(new Uint8Array(second.key), key);
      }),
    );
  });

  it('may be typed small, with spaces, other dashes or nothing between its groups, and with the letters that look like its digits', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const text = writeRecoveryKey(key);
        const misread = text.replaceAll('1', 'l').replaceAll('0', 'o');
        const between = [' ', '', '\u2013', '\u2014', '\u2010', '\u2212', ' \u2013 '];
        for (const typed of [
          ...between.flatMap((mark) => [text, misread].map((each) => each.replaceAll('-', mark))),
          text.toLowerCase(),
          text.toLowerCase().replaceAll('-', ''),
          ` ${text.replaceAll('-', ' ')}\n`,
          `\u2013${text}`,
        ]) {
          assert.ok(isRecoveryKeyText(typed), typed);
          assert.deepEqual(parseRecoveryKey(typed), key);
          const second = secretOf(typed);
          assert.ok(second.kind === 'recovery-key', typed);
          assert.deepEqual(new Uint8Array(second.key), key);
        }
      }),
    );
  });

  it('with any one character mistyped, left out or twice is told from one that opens nothing', () => {
    const text = writeRecoveryKey(new Uint8Array(32).fill(0x5a));
    for (let at = 6; at < text.length; at += 1) {
      if (text.charAt(at) === '-') continue;
      const other = text.charAt(at) === 'X' ? 'Y' : 'X';
      for (const put of [other, '', text.charAt(at).repeat(2), 'U', '?']) {
        const mistyped = text.slice(0, at) + put + text.slice(at + 1);
        assert.throws(
          () => parseRecoveryKey(mistyped),
          (error: Error) => {
            assert.match(error.message, /^the recovery key has/);
            assert.ok(!error.message.includes(mistyped), 'no message has a secret in it');
            return true;
          },
        );
      }
    }
  });

  it('is not what passphrases look like', () => {
    for (const passphrase of ['correct horse', 'SLRK', 'SLRK-2', 'my SLRK1-key', '']) {
      assert.ok(!isRecoveryKeyText(passphrase), passphrase);
    }
  });
});
