import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { ExportedRecord } from '../../../../src/engine/audit/export/exported-record.ts';
import { htmlReport } from '../../../../src/engine/audit/export/html-report.ts';
import { genesisHash } from '../../../../src/engine/ledger/record-hash.ts';
import type { Revision, StreamName } from '../../../../src/ports/event-store.ts';
import { atHour } from '../../../support/domain/sample-ids.ts';

function recordOf(stream: string, recordedAt: TimestampMs): ExportedRecord {
  return {
    record: {
      stream: stream as StreamName,
      revision: 0 as Revision,
      type: 'Anything',
      id: systemRandom.uuid(),
      data: new Uint8Array(),
      metadata: {
        schemaVersion: 1,
        recordedAt,
        actor: 'tester',
        engineVersion: '0.0.0',
        cause: 'test',
        previousHash: genesisHash,
      },
    },
    recordHash: genesisHash,
    data: {},
    proof: null,
  };
}

describe('a report', () => {
  it('has the streams by the times of their first records, wherever the store has put them', async () => {
    const records = (async function* () {
      yield* await Promise.resolve([
        recordOf('policy-late', atHour(3)),
        recordOf('policy-early', atHour(1)),
        recordOf('policy-middle', atHour(2)),
      ]);
    })();
    const header = {
      checkpoint: null,
      key: 'key',
      exportedAt: atHour(4),
      actor: 'tester',
      selection: { kind: 'everything' },
    } as const;
    const report = (await Array.fromAsync(htmlReport(header, records))).join('');
    const headings = [...report.matchAll(/<h2>(policy-[a-z]+)<\/h2>/g)].map(([, name]) => name);
    assert.deepEqual(headings, ['policy-early', 'policy-middle', 'policy-late']);
  });
});
