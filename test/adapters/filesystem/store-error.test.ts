import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toStoreError } from '../../../src/adapters/filesystem/store-error.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';

const action = { action: 'create object "a/b"', root: '/repository' };

describe('an error of the file system', () => {
  for (const [errno, code, retry] of [
    ['ENOSPC', 'STORE_FULL', 'permanent'],
    ['EDQUOT', 'STORE_FULL', 'permanent'],
    ['EACCES', 'STORE_UNAVAILABLE', 'permanent'],
    ['EROFS', 'STORE_UNAVAILABLE', 'permanent'],
    ['EXDEV', 'STORE_UNAVAILABLE', 'permanent'],
    ['EIO', 'STORE_UNAVAILABLE', 'retryable'],
    ['EMFILE', 'STORE_UNAVAILABLE', 'retryable'],
    ['ENAMETOOLONG', 'OBJECT_KEY_INVALID', 'permanent'],
  ] as const) {
    it(`is ${code}, ${retry}, when it is ${errno}`, () => {
      const cause = failed(errno);
      const error = toStoreError(cause, action);

      assert.equal(error.code, code);
      assert.equal(error.retry, retry);
      assert.equal(error.cause, cause);
      assert.match(error.message, /create object "a\/b".*\/repository/);
      assert.ok(error.remedy);
    });
  }

  it('is what happened first, when cleaning up fails too', () => {
    const both = new SuppressedError(failed('EIO'), failed('ENOSPC'));
    const error = toStoreError(new SuppressedError(failed('EBADF'), both), action);

    assert.equal(error.code, 'STORE_FULL');
    assert.ok(error.cause instanceof SuppressedError);
  });

  it('of this package passes as it is', () => {
    const own = new SnapledgerError('OBJECT_EXISTS', 'taken', { remedy: 'none' });

    assert.equal(toStoreError(own, action), own);
    const suppressed = toStoreError(new SuppressedError(failed('EIO'), own), action);
    assert.equal(suppressed.code, 'OBJECT_EXISTS');
    assert.equal(suppressed.remedy, 'none');
  });
});

function failed(errno: string): Error {
  return Object.assign(new Error(`${errno}: failed`), { code: errno });
}
