import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyId } from '../../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { belongingOf, type UnreadablePolicy } from '../../../src/domain/policy/belonging.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const web = { instanceId: sampleIds.instance('web-1'), tags: { env: 'prod' } };

function policy(policyId: string, priority: number, value = 'prod'): BackupPolicy {
  const include = { kind: 'tag', key: 'env', value } as const;
  return { ...samplePolicy({ policyId }), priority, selection: { include, exclude: null } };
}

function unreadable(policyId: string, lastKnown: BackupPolicy | null): UnreadablePolicy {
  const error = new SnapledgerError('UNKNOWN_EVENT', 'a newer version wrote it');
  return { policyId: policyId as PolicyId, lastKnown, error };
}

/** The policy that it is known to belong to, or, with a question mark, may belong to. */
function belongs(
  policies: readonly BackupPolicy[],
  unknown: readonly UnreadablePolicy[],
  lastPolicyId: string | null = null,
): string {
  const last = lastPolicyId as PolicyId | null;
  const found = belongingOf({ policies, unreadable: unknown }, web, last);
  if (found.kind === 'known') return found.policy?.policyId ?? 'none';
  assert.equal(found.kind, 'unknown');
  return `${found.unreadable.policyId}?`;
}

describe('the policy of an instance', () => {
  it('is the one that selects it and is preferred, when all can be read', () => {
    assert.equal(belongs([policy('a', 1), policy('b', 2), policy('c', 3, 'test')], []), 'b');
    assert.equal(belongs([policy('c', 3, 'test')], [], 'c'), 'none');
  });

  it('is not known when one that cannot be read was preferred by its last version', () => {
    const lost = unreadable('lost', policy('lost', 2));
    assert.equal(belongs([policy('a', 1)], [lost]), 'lost?');
    assert.equal(belongs([policy('a', 3)], [lost]), 'a');
    // Of the same priority the smaller name is preferred.
    assert.equal(belongs([policy('a', 2)], [lost]), 'a');
    assert.equal(belongs([policy('z', 2)], [lost]), 'lost?');
    const elsewhere = unreadable('lost', policy('lost', 2, 'test'));
    assert.equal(belongs([policy('a', 1)], [elsewhere]), 'a');
  });

  it('is not known when its last session went by one that cannot be read', () => {
    const lost = [unreadable('other', null), unreadable('lost', null)];
    assert.equal(belongs([policy('a', 1)], lost, 'lost'), 'lost?');
    assert.equal(belongs([policy('a', 1)], lost, 'a'), 'a');
    assert.equal(belongs([policy('a', 1)], lost), 'a');
  });

  it('is not known when no policy selects it and any of them cannot be read', () => {
    assert.equal(belongs([policy('c', 3, 'test')], [unreadable('lost', null)]), 'lost?');
    const elsewhere = unreadable('lost', policy('lost', 2, 'test'));
    assert.equal(belongs([], [elsewhere, unreadable('more', null)], 'c'), 'lost?');
  });
});
