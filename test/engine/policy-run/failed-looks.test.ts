import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { FailedLooks } from '../../../src/engine/policy-run/failed-looks.ts';

const passing = new SnapledgerError('LEDGER_UNAVAILABLE', 'away', { retry: 'retryable' });
const lasting = new SnapledgerError('LEDGER_CORRUPT', 'broken');

describe('looks that fail', () => {
  it('are told once, until one succeeds; too many in a row are not put up with', () => {
    const told: unknown[] = [];
    const failures = new FailedLooks({
      failuresMax: 2,
      onTrouble: (error) => told.push(error),
      inTrouble: new Set(),
    });
    failures.failed(passing);
    failures.failed(passing);
    assert.deepEqual(told, [passing]);
    failures.succeeded();
    failures.failed(passing);
    failures.failed(passing);
    assert.deepEqual(told, [passing, passing]);
    assert.throws(() => {
      failures.failed(passing);
    }, passing);
  });

  it('of two loops are told once', () => {
    const told: unknown[] = [];
    const options = {
      failuresMax: 2,
      onTrouble: (error: unknown) => told.push(error),
      inTrouble: new Set<FailedLooks>(),
    };
    const [one, other] = [new FailedLooks(options), new FailedLooks(options)];
    one.failed(passing);
    other.failed(passing);
    one.succeeded();
    one.failed(passing);
    assert.equal(told.length, 1);
  });

  it('for a reason that does not pass are not put up with', () => {
    for (const error of [lasting, new Error('a mistake')]) {
      const failures = new FailedLooks({
        ...{ failuresMax: 2, onTrouble: undefined, inTrouble: new Set<FailedLooks>() },
      });
      assert.throws(() => {
        failures.failed(error);
      }, error);
    }
  });
});
