import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditedSessions } from '../../../src/engine/audit/audited-sessions.ts';
import type { SessionDirectory } from '../../../src/engine/session/session-directory.ts';
import type { StreamName } from '../../../src/ports/event-store.ts';
import { counted, counter } from '../ledger/ledger-rig.ts';
import { sealedLedgerRig, sessionA, sessionB } from '../transparency-log/sealed-ledger-rig.ts';

const sessionC = 'session-00000000-0000-4000-8000-00000000000c' as StreamName;

/** Says of sessions their ids, and that somebody began them. */
function directoryOf(...streams: readonly StreamName[]): SessionDirectory {
  const entries = streams.map((stream, index) => ({
    sessionId: stream.slice('session-'.length),
    actor: 'somebody',
    startedAt: 1000 - index,
  }));
  const directory = {
    entries: () => Promise.resolve(entries),
    summaryOfEntry: (entry: (typeof entries)[number]) => Promise.resolve(entry),
  };
  return directory as unknown as SessionDirectory;
}

describe('the sessions that an auditor sees', () => {
  it('come by their times, and are sealed when the repository has their last record, and in part when it has only some', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2);
    await rig.record(sessionB, 1, 2);
    for (const stream of [sessionA, sessionC]) {
      const loaded = await rig.ledger.load(stream, counter);
      await rig.ledger.append(loaded, counted(3), 'Count', counter);
    }
    const directory = directoryOf(sessionC, sessionB, sessionA);
    const sessions = await auditedSessions({ ...rig, directory }, {});
    assert.deepEqual(
      sessions.map(({ seal, actor }) => [seal, actor]),
      [
        ['sealed-in-part', 'somebody'],
        ['sealed', 'somebody'],
        ['not-sealed', 'somebody'],
      ],
    );
  });
});
