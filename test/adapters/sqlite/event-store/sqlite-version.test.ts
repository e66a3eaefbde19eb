import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSqliteVersion } from '../../../../src/adapters/sqlite/event-store/sqlite-version.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';

describe('the version of SQLite', () => {
  for (const version of ['3.51.3', '3.51.10', '3.52.0', '3.53.4', '4.0.0', '3.53.4.1']) {
    it(`is good enough: ${version}`, () => {
      checkSqliteVersion(version);
    });
  }

  for (const version of ['3.51.2', '3.50.4', '3.9.99', '2.99.99', '', 'unknown']) {
    it(`is too old, or cannot be told: "${version}"`, () => {
      assert.throws(
        () => {
          checkSqliteVersion(version);
        },
        (error) => hasErrorCode(error, 'RUNTIME_TOO_OLD'),
      );
    });
  }
});
