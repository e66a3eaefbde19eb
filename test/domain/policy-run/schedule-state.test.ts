import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decideSchedule,
  evolveSchedule,
  initialSchedule,
  type ScheduleCommand,
  type ScheduleState,
} from '../../../src/domain/policy-run/schedule-state.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const here = sampleIds.engine('here');
const there = sampleIds.engine('there');

function claim(name: string, hour: number | null): ScheduleCommand {
  return {
    type: 'ClaimRun',
    policyId: sampleIds.policy('nightly'),
    sessionId: sampleIds.session(name),
    engineId: here,
    coveredUntil: hour === null ? null : atHour(hour),
  };
}
const release = (name: string): ScheduleCommand => ({
  type: 'ReleaseRun',
  sessionId: sampleIds.session(name),
});
const abandon = (name: string): ScheduleCommand => ({
  type: 'AbandonRun',
  sessionId: sampleIds.session(name),
});
const takeOver = (name: string): ScheduleCommand => ({
  type: 'TakeOverRun',
  dead: { sessionId: sampleIds.session(name), engineId: here },
  engineId: there,
});

function after(...commands: readonly ScheduleCommand[]): ScheduleState {
  return commands.reduce(
    (state, command) => decideSchedule(command, state).reduce(evolveSchedule, state),
    initialSchedule,
  );
}

describe('the schedule of a policy', () => {
  it('lets one run begin at a time', () => {
    assert.throws(() => after(claim('1', 7), claim('2', 8)), {
      code: 'POLICY_BUSY',
      message: /'nightly'.*session-1/,
      retry: 'retryable',
      remedy: /snapledger sessions/,
      details: { policyId: 'nightly', sessionId: 'session-1' },
    });
    assert.equal(after(claim('1', 7), release('1'), claim('2', 8)).lastRunId, 'session-2');
  });

  it('knows up to when runs took care of what was due; those on demand take care of nothing', () => {
    const done = [claim('1', 7), release('1')];
    assert.equal(after(...done).coveredUntil, atHour(7));
    assert.equal(after(...done, claim('2', null), release('2')).coveredUntil, atHour(7));
  });

  it('has the times of a run that never began due again', () => {
    const {
      claim: held,
      lastRunId,
      coveredUntil,
    } = after(claim('1', 7), release('1'), claim('2', 9), abandon('2'));
    assert.deepEqual([held, lastRunId, coveredUntil], [null, 'session-1', atHour(7)]);
  });

  it('gives a run to another engine once, and only from the engine that was found dead', () => {
    assert.equal(after(claim('1', 7), takeOver('1')).claim?.engineId, there);
    assert.throws(() => after(claim('1', 7), takeOver('1'), takeOver('1')), {
      code: 'SESSION_FENCED',
      message: /session-1/,
    });
    assert.throws(() => after(takeOver('1')), { code: 'SESSION_FENCED' });
  });

  it('has the times of the very first run due again, when that never began', () => {
    assert.deepEqual(after(claim('1', 7), abandon('1')), initialSchedule);
    assert.deepEqual([initialSchedule.lastRunId, initialSchedule.coveredUntil], [null, null]);
  });

  it('does not mind the end of a run that it has no more', () => {
    for (const command of [release('1'), abandon('1')]) {
      assert.deepEqual(decideSchedule(command, after(claim('2', 7))), []);
      assert.deepEqual(decideSchedule(command, after()), []);
    }
  });

  it('names the run that ended', () => {
    const data = { sessionId: 'session-1' };
    const claimed = after(claim('1', 7));
    assert.deepEqual(decideSchedule(release('1'), claimed), [{ type: 'RunReleased', data }]);
    assert.deepEqual(decideSchedule(abandon('1'), claimed), [{ type: 'RunAbandoned', data }]);
  });
});
