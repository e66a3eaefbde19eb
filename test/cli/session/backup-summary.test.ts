import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backupSummary } from '../../../src/cli/session/backup-summary.ts';
import { expiriesOf } from '../../../src/domain/retention/retention-plan.ts';
import { recordHold } from '../../../src/domain/instance/hold.ts';
import { initialInstance } from '../../../src/domain/instance/instance-state.ts';
import type { SessionSummary, StartedBackup } from '../../../src/index.ts';
import { noted, sessionOf } from '../../../src/verification/noted-session.ts';
import {
  daily,
  image,
  keepNewest,
  onDay,
  planOfSessions,
  plannedPolicy,
} from '../../support/domain/planned-retention.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const instanceId = sampleIds.instance('web-1');
const holdId = sampleIds.hold('court');
const instance = {
  ...initialInstance,
  holds: [
    {
      holdId,
      item: { kind: 'restore-point', id: noted.session(0) } as const,
      hold: recordHold({ kind: 'legal-hold', note: 'case 12' }),
      placedAt: onDay(1),
    },
  ],
};
const sessions = daily(image, image, image);
const policy = plannedPolicy({ sets: keepNewest(9), points: keepNewest(1) });

describe('the summary of retention', () => {
  it('says which restore points left the chain, and what keeps the data of those that are held', () => {
    const plan = planOfSessions(sessions, { policy, instance });
    const [last] = daily(image).map(sessionOf);
    assert.ok(last !== undefined);
    const state: StartedBackup = {
      ...last,
      kind: 'maintenance',
      retention: plan,
      expiredPoints: expiriesOf(plan).map(({ id }) => id),
      removed: { ...last.removed, points: [noted.session(1)] },
    };
    const summary: SessionSummary = {
      ...{ sessionId: last.sessionId, kind: 'maintenance', instanceId, policyId: null },
      ...{ status: 'succeeded', condition: 'ended', startedAt: onDay(3), endedAt: onDay(3) },
      ...{ problems: [], scope: null, pointId: null, source: null },
      ...{ blocksRead: 0, bytesRead: 0, blocksStored: 0, bytesStored: 0 },
    };
    const said = backupSummary(summary, state).join(' ').replaceAll(/ +/g, ' ');
    assert.match(
      said,
      /left chain restore point p0: older than the newest point, which the policy keeps; its data is not removed yet: under legal hold hold-cou/,
    );
    assert.match(said, /removed restore point p1: older than the newest point/);
    assert.equal(said.match(/left chain/g)?.length, 1);
  });
});
