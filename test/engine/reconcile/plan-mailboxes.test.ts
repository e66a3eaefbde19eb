import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../src/domain/identifiers.ts';
import type { KnownWriter } from '../../../src/engine/collection/known-writers.ts';
import { planMailboxes } from '../../../src/engine/reconcile/plan-mailboxes.ts';
import type { SessionSummary } from '../../../src/engine/session-summary.ts';
import type { SessionMailbox } from '../../../src/format/collection.ts';

const sessionId = 'a-session' as SessionId;
const instanceId = 'web-1' as InstanceId;

/** What becomes of a mailbox, and why. */
async function decided(
  condition: SessionSummary['condition'] | 'unknown' | 'unreadable' | 'unreadable-since',
  writer: SessionMailbox['writer'],
): Promise<string> {
  const refused = (code: 'UNKNOWN_SESSION' | 'LEDGER_CORRUPT'): Promise<never> =>
    Promise.reject(new SnapledgerError(code, 'no answer'));
  const summaryOf = (): Promise<SessionSummary> => {
    if (condition === 'unknown') return refused('UNKNOWN_SESSION');
    if (condition === 'unreadable' || condition === 'unreadable-since') {
      return refused('LEDGER_CORRUPT');
    }
    return Promise.resolve({ kind: 'backup', instanceId, condition } as SessionSummary);
  };
  const mailbox: SessionMailbox = { sessionId, instanceId: null, objects: 1, bytes: 5, writer };
  const unreadable = condition === 'unreadable' ? [sessionId] : [];
  const [planned] = await planMailboxes({ summaryOf }, [mailbox], unreadable);
  assert.ok(planned !== undefined);
  return `${planned.decision.action}: ${planned.decision.reason}`;
}

const conditions: readonly KnownWriter['condition'][] = [
  'at-work',
  'interrupted',
  'ended',
  'unknown',
];

describe('what becomes of the mailbox of a session', () => {
  const expected: Readonly<Record<SessionMailbox['writer'], readonly string[]>> = {
    open: [
      'keep: session-open',
      'keep: session-open',
      'remove: session-ended',
      'keep: unknown-session',
    ],
    ended: [
      'keep: session-open',
      'keep: session-open',
      'remove: session-ended',
      'remove: session-ended',
    ],
    unknown: [
      'keep: session-open',
      'keep: session-open',
      'remove: session-ended',
      'keep: unknown-session',
    ],
  };
  for (const writer of ['open', 'ended', 'unknown'] as const) {
    it(`is said by the ledger, and of one it does not know by the repository: ${writer} there`, async () => {
      const found = await Promise.all(conditions.map((condition) => decided(condition, writer)));
      assert.deepEqual(found, expected[writer]);
    });

    it(`is to stay when the session cannot be read: ${writer} in the repository`, async () => {
      assert.equal(await decided('unreadable', writer), 'keep: unknown-session');
      assert.equal(await decided('unreadable-since', writer), 'keep: unknown-session');
    });
  }
});
