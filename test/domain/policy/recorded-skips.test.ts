import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { policyLimits } from '../../../src/domain/policy/policy-limits.ts';
import { recordSkips } from '../../../src/domain/policy/recorded-skips.ts';
import type { SkippedInstance } from '../../../src/domain/policy/resolve-instances.ts';
import { encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { eventStoreLimits } from '../../../src/ports/event-store.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const code = 'CLOUD_STATE_CORRUPT';
const { unreadablePerRunMax, unreadableInWordsMax, unreadableWordsMaxLength } = policyLimits;

/** With ids as long as the local cloud allows. */
function longIds(prefix: string, count: number): readonly SkippedInstance['instanceId'][] {
  return Array.from({ length: count }, (_, n) =>
    sampleIds.instance(`${prefix}${String(n).padStart(64 - prefix.length, '0')}`),
  );
}

function unreadable(count: number, message = 'is not JSON'): readonly SkippedInstance[] {
  return longIds('torn', count).map((instanceId) => ({
    instanceId,
    reason: { kind: 'unreadable', problem: { code, message } },
  }));
}

function messagesOf(skipped: readonly SkippedInstance[]): readonly string[] {
  return skipped.flatMap(({ reason }) =>
    reason.kind === 'unreadable' ? [reason.problem.message] : [],
  );
}

describe('what a run records of the instances that it leaves out', () => {
  it('is all of it, as long as few cannot be read', () => {
    const skipped = [
      ...unreadable(unreadableInWordsMax),
      { instanceId: sampleIds.instance('web-1'), reason: { kind: 'not-found' } } as const,
    ];
    assert.deepEqual(recordSkips(skipped), skipped);
  });

  it('is of many the code alone, after the first', () => {
    const recorded = recordSkips(unreadable(unreadableInWordsMax + 2));
    assert.deepEqual(messagesOf(recorded).slice(-3), ['is not JSON', '', '']);
    assert.ok(
      recorded.every(({ reason }) => reason.kind === 'unreadable' && reason.problem.code === code),
    );
  });

  it('counts nothing when just all can be listed', () => {
    const recorded = recordSkips(unreadable(unreadablePerRunMax));
    assert.equal(recorded.length, unreadablePerRunMax);
    assert.equal(messagesOf(recorded)[0], 'is not JSON');
  });

  it('counts those that are too many to be listed, and leaves out no other', () => {
    const other = {
      instanceId: sampleIds.instance('web-1'),
      reason: { kind: 'not-found' },
    } as const;
    const recorded = recordSkips([...unreadable(unreadablePerRunMax + 7), other]);
    assert.equal(recorded.length, unreadablePerRunMax + 1);
    assert.deepEqual(recorded.at(-1), other);
    assert.equal(
      messagesOf(recorded)[0],
      'is not JSON; 7 more cannot be read either, and are not listed',
    );
  });

  it('fits in an event beside as many instances as a run may have', () => {
    const skipped = recordSkips(unreadable(10_000, 'x'.repeat(4_096)));
    assert.equal(messagesOf(skipped)[1]?.length, unreadableWordsMaxLength);
    const instances = longIds('web', policyLimits.instancesPerRunMax);
    const event = { type: 'InstancesResolved', data: { instances, skipped } };
    const bytes = encodeEventData(event).byteLength;
    assert.ok(bytes <= eventStoreLimits.eventSizeMaxBytes, `${bytes} bytes`);
  });
});
