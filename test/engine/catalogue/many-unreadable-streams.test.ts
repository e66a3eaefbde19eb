import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import { streamPrefixes } from '../../../src/engine/ledger/stream-names.ts';
import { policiesWithOpenRun } from '../../../src/engine/policy-run/policies-with-open-run.ts';
import type { StreamName } from '../../../src/ports/event-store.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { type CatalogueRig, catalogueRig } from './catalogue-rig.ts';

/** A ledger with so many streams whose names begin so, each of which a newer version began. */
async function withUnreadable(prefix: string, streams: number): Promise<CatalogueRig> {
  const rig = catalogueRig();
  for (let number = 0; number < streams; number += 1) {
    const name = String(number).padStart(12, '0');
    await rig.eventStore.append(`${prefix}${name}` as StreamName, 'no-stream', [
      {
        id: `00000000-0000-4000-8000-${name}`,
        type: 'FromTheFuture',
        data: Uint8Array.of(0x80),
        metadata: {
          schemaVersion: 1,
          recordedAt: atHour(10),
          actor: 'tester',
          engineVersion: '9.0.0',
          cause: 'a test',
          previousHash: genesisHash,
        },
      },
    ]);
  }
  return rig;
}

describe('many streams that cannot be read', () => {
  for (const [streams, others] of [
    [100, 'none'],
    [101, 'some'],
  ] as const) {
    it(`of sessions are told of up to a hundred, and of ${streams} that there are ${others} besides`, async () => {
      const { directory } = await withUnreadable(streamPrefixes.session, streams);
      for (const instanceId of [null, sampleIds.instance('any')]) {
        const found = await directory.unreadable(instanceId);
        assert.equal(found.sessions.length, 100);
        assert.equal(found.others, others);
      }
    });
  }

  it('of runs are all told of: one that is left out would never come to its end', async () => {
    const { catalogue } = await withUnreadable(streamPrefixes.schedule, 130);
    assert.equal((await policiesWithOpenRun(catalogue)).length, 130);
  });
});
