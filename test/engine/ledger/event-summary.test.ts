import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { summariseEvent } from '../../../src/engine/ledger/event-summary.ts';

const summaryOf = (data: object): Readonly<Record<string, unknown>> =>
  summariseEvent({ data: encodeEventData({ type: 'T', data }) });

describe('the summary of an event', () => {
  it('shows plain fields as they are, and of all others how much there is', () => {
    assert.deepEqual(
      summaryOf({
        instanceId: 'web-1',
        attempt: 2,
        done: true,
        base: null,
        volumes: [1, 2, 3],
        points: [1],
        policy: { a: 1, b: 2 },
        key: Uint8Array.of(1, 2),
      }),
      {
        instanceId: 'web-1',
        attempt: 2,
        done: true,
        base: null,
        volumes: '3 items',
        points: '1 item',
        policy: '2 fields',
        key: '2 bytes',
      },
    );
  });

  it('is small plain JSON, whatever the event holds', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 300 }),
          fc.oneof(fc.string({ maxLength: 5_000 }), fc.jsonValue(), fc.double()),
        ),
        (data) => {
          const text = JSON.stringify(summaryOf(data));
          assert.ok(Buffer.byteLength(text) < 24 * 1024, `${text.length} characters`);
          assert.ok(text.isWellFormed());
        },
      ),
    );
  });

  it('is empty for bytes that are no event', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        assert.equal(typeof summariseEvent({ data }), 'object');
      }),
    );
    assert.deepEqual(summariseEvent({ data: Uint8Array.of(0xc1) }), {});
  });
});
