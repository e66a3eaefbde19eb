import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parsePlainMetadata } from '../../../../src/adapters/sqlite/event-store/metadata-text.ts';

const anyMetadata = fc.record({
  schemaVersion: fc.nat(99),
  recordedAt: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  actor: fc.string({ unit: 'grapheme' }),
  engineVersion: fc.string(),
  cause: fc.string({ unit: 'binary' }),
  previousHash: fc.stringMatching(/^[0-9a-f]{64}$/),
});

describe('metadata as they are mostly written', () => {
  it('are what JSON says, or are left to it', () => {
    let plain = 0;
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        const text = JSON.stringify(metadata);
        const parsed = parsePlainMetadata(text);
        if (parsed === null) return;
        plain += 1;
        assert.deepEqual(parsed, JSON.parse(text));
      }),
    );
    assert.ok(plain > 10);
  });

  it('are not taken for what is no JSON, or says more or less', () => {
    const hash = 'a'.repeat(64);
    const text = (actor: string, rest = `"previousHash":"${hash}"}`): string =>
      `{"schemaVersion":1,"recordedAt":2,"actor":"${actor}","engineVersion":"0","cause":"c",${rest}`;
    assert.equal(parsePlainMetadata(text('ann'))?.actor, 'ann');
    for (const other of [
      text('a\nb'),
      text('a\\u0041'),
      text('a"b'),
      text('ann', `"previousHash":"${hash}","more":1}`),
      text('ann', `"previousHash":"short"}`),
      text('ann').replace(':1,', ':01e1,'),
      ` ${text('ann')}`,
    ]) {
      assert.equal(parsePlainMetadata(other), null, other);
    }
  });
});
