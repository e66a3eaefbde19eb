import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restoreSummary } from '../../src/cli/session/restore-summary.ts';
import { restoreEventInWords } from '../../src/cli/wording/restore-events.ts';
import { stateInWords } from '../../src/cli/wording/session-state.ts';
import {
  evolveRestore,
  initialRestoreSession,
  type RestoreSession,
} from '../../src/domain/restore-session/restore-session.ts';
import type { RestoreSessionEvent } from '../../src/index.ts';
import { oneOfEveryEvent } from '../support/domain/one-of-every-event.ts';
import { sampleSummary } from './support/sample-records.ts';

const warnings = [{ code: 'SNAPSHOT_HELD', message: 'snapshot snap-1 could not be removed' }];

function endedWith(left: typeof warnings): RestoreSession {
  const events: readonly RestoreSessionEvent[] = [
    { type: 'RestoreStarted', data: oneOfEveryEvent.RestoreStarted },
    { type: 'VolumeRestored', data: oneOfEveryEvent.VolumeRestored },
    { type: 'RestoreCompleted', data: { ...oneOfEveryEvent.RestoreCompleted, warnings: left } },
  ];
  return events.reduce(evolveRestore, initialRestoreSession);
}

describe('what a restore has left behind', () => {
  it('is said with its result, and by which command it goes', () => {
    const lines = restoreSummary({ ...sampleSummary, kind: 'restore' }, endedWith(warnings));
    assert.match(
      lines.at(-1) ?? '',
      /^left behind, until 'snapledger reconcile --region R --yes' removes it: snapshot snap-1 could not/,
    );
  });

  it('is said of its state, and by the event that ends it', () => {
    assert.ok(
      stateInWords(endedWith(warnings)).includes(
        'left behind  snapshot snap-1 could not be removed',
      ),
    );
    const data = { ...oneOfEveryEvent.RestoreCompleted, warnings };
    assert.match(
      restoreEventInWords({ type: 'RestoreCompleted', data }),
      /^done; left behind, .*snap-1/,
    );
  });

  it('is not spoken of where there is nothing', () => {
    const lines = restoreSummary({ ...sampleSummary, kind: 'restore' }, endedWith([]));
    assert.doesNotMatch([...lines, ...stateInWords(endedWith([]))].join('\n'), /left behind/);
    const data = { ...oneOfEveryEvent.RestoreCompleted, warnings: [] };
    assert.equal(restoreEventInWords({ type: 'RestoreCompleted', data }), 'done');
  });
});
