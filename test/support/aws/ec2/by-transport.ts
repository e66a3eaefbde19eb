import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe } from 'node:test';
import type { ErrorCode } from '../../../../src/domain/errors/error-code.ts';
import { type FinishedSession, readModes, recorded } from '../../vault/back-up.ts';
import { type Ec2Backups, openEc2Backups, type Transport } from './ec2-backups.ts';

/**
 * Specifies what becomes of something that cannot work, for each transport: after each test nothing is left
 * behind, and the next backup is incremental against the base of before.
 *
 * @param specify its `backups` are there once the tests run
 */
export function describeByTransport(
  what: string,
  specify: (backups: () => Ec2Backups, transport: Transport) => void,
): void {
  for (const transport of ['direct', 'worker'] as const) {
    describe(`${what}, by ${transport} (on fakes)`, { timeout: 600_000 }, () => {
      let backups: Ec2Backups;

      before(async () => {
        backups = await openEc2Backups(transport);
      });
      after(() => backups[Symbol.asyncDispose]());
      beforeEach(() => backups.write());
      afterEach(async () => {
        backups.fixture.aws.faults.clear();
        await backups.assertNothingLeft();
        const session = await backups.run();
        assert.deepEqual(session.summary.problems, []);
        assert.deepEqual(readModes(session), ['changed']);
      });

      specify(() => backups, transport);
    });
  }
}

/** How a session fails: its event, and what it says. */
export interface Failure {
  readonly step: string;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

export function assertFailed(session: FinishedSession, { step, code, says }: Failure): void {
  assert.equal(session.summary.status, 'failed');
  const [detected] = recorded(session, 'FailureDetected');
  assert.deepEqual([detected?.step, detected?.problem.code], [step, code]);
  assert.match(detected?.problem.message ?? '', says);
  const [failed] = recorded(session, 'SessionFailed');
  assert.equal(failed?.problem.code, code);
}
