import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePolicy, comparePriority } from '../../../src/domain/policy/choose-policy.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const policy = (policyId: string, priority: number) => ({
  ...samplePolicy({ policyId }),
  priority,
});
const [a, b, high] = [policy('a', 0), policy('b', 0), policy('z', 1)];
const web1 = { instanceId: sampleIds.instance('web-1'), tags: {} };

describe('of policies, in any order,', () => {
  it('the one of the highest priority has an instance, of equals the one of the smaller id', () => {
    assert.equal(choosePolicy([a, high, b], web1), high);
    assert.equal(choosePolicy([b, a], web1), a);
    assert.equal(choosePolicy([a, b], web1), a);
    assert.equal(choosePolicy([], web1), null);
  });

  it('one comes first, whichever way they are compared', () => {
    assert.ok(comparePriority(high, a) < 0 && comparePriority(a, high) > 0);
    assert.ok(comparePriority(a, b) < 0 && comparePriority(b, a) > 0);
    assert.equal(comparePriority(a, { ...a }), 0);
  });
});
