import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as claim } from '../../../src/domain/errors/assert.ts';
import { errorCodes } from '../../../src/domain/errors/error-code.ts';
import {
  hasErrorCode,
  isSnapledgerError,
  SnapledgerError,
} from '../../../src/domain/errors/snapledger-error.ts';
import { unreachable } from '../../../src/domain/errors/unreachable.ts';

describe('an error', () => {
  it('is permanent and has neither cause, remedy nor details unless it is told', () => {
    const error = new SnapledgerError('DISK_MISSING', 'no disk');
    const { name, code, message, retry, remedy, details } = error;
    assert.deepEqual(
      { name, code, message, retry, remedy, details },
      {
        name: 'SnapledgerError',
        code: 'DISK_MISSING',
        message: 'no disk',
        retry: 'permanent',
        remedy: undefined,
        details: {},
      },
    );
    assert.equal(Object.hasOwn(error, 'cause'), false);
  });

  it('has what it is told', () => {
    const cause = new Error('below');
    const told = { retry: 'retryable', remedy: 'Wait.', details: { bytes: 3 }, cause } as const;
    const error = new SnapledgerError('STORE_UNAVAILABLE', 'gone', told);
    assert.deepEqual({ ...told }, { ...pick(error), cause: error.cause });
  });

  it('is known by its name, so that one of another copy of the package is, too', () => {
    const foreign = Object.assign(new Error('x'), { name: 'SnapledgerError', code: 'CANCELLED' });
    assert.equal(isSnapledgerError(foreign), true);
    assert.equal(isSnapledgerError(new SnapledgerError('CANCELLED', 'x')), true);
    assert.equal(isSnapledgerError(Object.assign(new Error('x'), { code: 'CANCELLED' })), false);
    assert.equal(
      isSnapledgerError(Object.assign(new Error('x'), { name: 'SnapledgerError' })),
      false,
    );
    assert.equal(isSnapledgerError({ name: 'SnapledgerError', code: 'CANCELLED' }), false);
    assert.equal(isSnapledgerError(null), false);
  });

  it('is asked for any of several codes', () => {
    const error = new SnapledgerError('CANCELLED', 'x');
    assert.equal(hasErrorCode(error, 'TIMED_OUT', 'CANCELLED'), true);
    assert.equal(hasErrorCode(error, 'TIMED_OUT'), false);
    assert.equal(hasErrorCode(error), false);
    assert.equal(
      hasErrorCode(Object.assign(new Error('x'), { code: 'CANCELLED' }), 'CANCELLED'),
      false,
    );
  });
});

function pick({
  retry,
  remedy,
  details,
}: SnapledgerError): Pick<SnapledgerError, 'retry' | 'remedy' | 'details'> {
  return { retry, remedy, details };
}

describe('a code', () => {
  it('is in capitals, and there once', () => {
    for (const code of errorCodes) assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.equal(new Set(errorCodes).size, errorCodes.length);
    assert.ok(errorCodes.includes('INTERNAL'));
  });
});

describe('what the code relies on', () => {
  it('is silent when it holds', () => {
    claim(true, 'one is one');
  });

  it('is a defect of the program when it does not', () => {
    assert.throws(
      () => {
        claim(false, 'one is two');
      },
      { code: 'INTERNAL', message: 'assertion failed: one is two', retry: 'permanent' },
    );
  });

  it('is that no case is forgotten', () => {
    assert.throws(() => unreachable({ kind: 'new' } as never), {
      code: 'INTERNAL',
      message: 'a case that cannot be: {"kind":"new"}',
    });
  });
});
