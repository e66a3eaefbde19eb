import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSameTarget } from '../../../src/domain/policy/replica-target.ts';
import { everyPart } from '../../../src/domain/policy/run-parts.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const west = { region: sampleIds.region('west'), keyId: null, account: null };
const east = { region: sampleIds.region('east'), keyId: null, account: null };

describe('a run on demand', () => {
  it('makes all that the policy can ask for', () => {
    const retention = { count: 1, age: null, gfs: null };
    const replicas = [west, east].map((target) => ({ target, schedules: [], retention }));
    assert.deepEqual(everyPart({ ...samplePolicy(), replicas }), {
      scope: 'image-level',
      replicas: [west, east],
    });
    assert.deepEqual(everyPart(samplePolicy({ image: 'off' })), {
      scope: 'snapshot-only',
      replicas: [],
    });
  });
});

describe('two targets', () => {
  it('are the same when both their regions and their keys are', () => {
    assert.equal(isSameTarget(west, { ...west }), true);
    assert.equal(isSameTarget(west, east), false);
    assert.equal(isSameTarget(west, { ...west, keyId: 'key-1' }), false);
  });
});
