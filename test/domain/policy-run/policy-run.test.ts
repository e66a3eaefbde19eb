import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import {
  decidePolicyRun,
  type PolicyRunCommand,
} from '../../../src/domain/policy-run/decide-policy-run.ts';
import type {
  AttemptStatus,
  PolicyRunEvent,
} from '../../../src/domain/policy-run/policy-run-events.ts';
import { nextPolicyRunStep } from '../../../src/domain/policy-run/policy-run-step.ts';
import {
  evolvePolicyRun,
  initialPolicyRun,
  type PolicyRun,
} from '../../../src/domain/policy-run/policy-run.ts';
import type { SkipReason } from '../../../src/domain/policy/resolve-instances.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const problem = { code: 'DISK_MISSING', message: 'the disk is gone' };

function start(attemptsMax: number): PolicyRunCommand {
  return {
    type: 'StartRun',
    sessionId: sampleIds.session('run'),
    policy: { ...samplePolicy(), retry: { attemptsMax, waitMinutes: 10 } },
    trigger: { kind: 'schedule', dueAt: atHour(7) },
    parts: { scope: 'image-level', replicas: [] },
    now: atHour(7),
  };
}

const resolved = (...names: readonly string[]): PolicyRunCommand => ({
  type: 'RecordInstances',
  resolved: { instances: names.map(sampleIds.instance), skipped: [] },
});
const begun = (id: string): PolicyRunCommand => ({
  type: 'StartInstanceSession',
  instanceSessionId: sampleIds.session(id),
});
const ended = (id: string, status: AttemptStatus = 'succeeded'): PolicyRunCommand => ({
  type: 'RecordInstanceSessionEnd',
  instanceSessionId: sampleIds.session(id),
  status,
  problem: status === 'succeeded' ? null : problem,
});
const retry: PolicyRunCommand = { type: 'ScheduleRetry', now: atHour(8) };
const end: PolicyRunCommand = { type: 'EndRun', now: atHour(9) };
const cancel: PolicyRunCommand = { type: 'CancelRun', reason: 'enough' };
const forgo: PolicyRunCommand = { type: 'ForgoStarts' };

function after(...commands: readonly PolicyRunCommand[]): PolicyRun {
  return commands.reduce<PolicyRun>(
    (state, command) => decidePolicyRun(command, state).reduce(evolvePolicyRun, state),
    initialPolicyRun,
  );
}

function lastEvent(...commands: readonly PolicyRunCommand[]): PolicyRunEvent | undefined {
  const last = commands.at(-1);
  assert.ok(last !== undefined);
  return decidePolicyRun(last, after(...commands.slice(0, -1))).at(-1);
}

function stepAfter(...commands: readonly PolicyRunCommand[]): string {
  return nextPolicyRunStep(after(...commands)).kind;
}

describe('a run of a policy', () => {
  it('finds its instances, starts a session for each, waits for them, and ends', () => {
    assert.equal(stepAfter(start(1)), 'resolve-instances');
    assert.equal(stepAfter(start(1), resolved('a', 'b')), 'start-session');
    assert.equal(stepAfter(start(1), resolved('a', 'b'), begun('1')), 'start-session');
    const both = [start(1), resolved('a', 'b'), begun('1'), begun('2')];
    assert.equal(stepAfter(...both), 'await-sessions');
    assert.equal(stepAfter(...both, ended('2')), 'await-sessions');
    assert.equal(stepAfter(...both, ended('2'), ended('1')), 'end-run');
    assert.deepEqual(lastEvent(...both, ended('2'), ended('1'), end), {
      type: 'PolicyRunCompleted',
      data: { outcome: 'succeeded', warnings: [], endedAt: atHour(9) },
    });
  });

  it('has four sessions open at most', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const four = [start(1), resolved(...names), begun('1'), begun('2'), begun('3'), begun('4')];
    assert.equal(stepAfter(...four), 'await-sessions');
    assert.equal(stepAfter(...four, ended('3')), 'start-session');
  });

  it('tries the failed instances again, only those, after the wait', () => {
    const first = [start(2), resolved('a', 'b'), begun('1'), begun('2')];
    const failed = [...first, ended('1', 'failed'), ended('2')];
    assert.equal(stepAfter(...failed), 'schedule-retry');
    assert.deepEqual(lastEvent(...failed, retry), {
      type: 'RetryScheduled',
      data: { attempt: 2, instanceIds: ['a'], notBefore: atHour(8) + 600_000 },
    });
    assert.deepEqual(nextPolicyRunStep(after(...failed, retry)), {
      kind: 'start-session',
      instanceId: 'a',
      attempt: 2,
      notBefore: atHour(8) + 600_000,
    });
    const better = [...failed, retry, begun('3'), ended('3'), end];
    assert.equal(lastEvent(...better)?.type, 'PolicyRunCompleted');
  });

  it('fails when instances have failed as often as it tries', () => {
    const commands = [start(1), resolved('a', 'b'), begun('1'), begun('2')];
    const event = lastEvent(...commands, ended('1', 'failed'), ended('2'), end);
    assert.deepEqual(event, {
      type: 'PolicyRunFailed',
      data: {
        problem: {
          code: 'INSTANCES_FAILED',
          message: "1 of 2 instances of policy 'nightly' failed: a",
        },
        endedAt: atHour(9),
      },
    });
  });

  it('does not try those again that were cancelled, or ended with warnings', () => {
    const commands = [start(3), resolved('a', 'b'), begun('1'), begun('2')];
    const ends = [ended('1', 'cancelled'), ended('2', 'warning')];
    assert.equal(stepAfter(...commands, ...ends), 'end-run');
    const event = lastEvent(...commands, ...ends, end);
    assert.ok(event?.type === 'PolicyRunCompleted');
    assert.equal(event.data.outcome, 'warning');
    assert.match(event.data.warnings[0]?.message ?? '', /: a, b$/);
  });

  it('that is cancelled starts nothing more, waits for what is open, and ends as cancelled', () => {
    const open = [start(3), resolved('a', 'b'), begun('1'), cancel];
    assert.equal(stepAfter(...open), 'await-sessions');
    assert.equal(stepAfter(...open, ended('1', 'failed')), 'end-run');
    assert.equal(lastEvent(...open, ended('1', 'failed'), end)?.type, 'PolicyRunCancelled');
    assert.equal(stepAfter(start(1), cancel), 'end-run');
    assert.equal(decidePolicyRun(cancel, after(...open)).length, 0);
  });

  it('whose window closes starts nothing more, tries nothing again, and says so', () => {
    const closed = [start(3), resolved('a', 'b'), begun('1'), forgo];
    assert.equal(stepAfter(...closed), 'await-sessions');
    const event = lastEvent(...closed, ended('1'), end);
    assert.ok(event?.type === 'PolicyRunCompleted');
    assert.deepEqual(
      event.data.warnings.map(({ code }) => code),
      ['WINDOW_CLOSED'],
    );
    assert.equal(stepAfter(...closed, ended('1', 'failed')), 'end-run');
  });

  it('of no instance says so', () => {
    const event = lastEvent(start(1), resolved(), end);
    assert.ok(event?.type === 'PolicyRunCompleted');
    assert.deepEqual(
      event.data.warnings.map(({ code }) => code),
      ['NOTHING_SELECTED'],
    );
  });

  it('that was cancelled says by what, and as what it ended', () => {
    const open = [start(3), resolved('a'), begun('1')];
    assert.deepEqual(lastEvent(...open, cancel), {
      type: 'RunCancellationRequested',
      data: { reason: 'enough' },
    });
    const all = [...open, cancel, ended('1'), end];
    assert.deepEqual(lastEvent(...all), {
      type: 'PolicyRunCancelled',
      data: { reason: 'enough', endedAt: atHour(9) },
    });
    const state = after(...all);
    assert.ok(state.status === 'cancelled');
    assert.deepEqual(state.problem, { code: 'CANCELLED', message: 'enough' });
    assert.equal(state.endedAt, atHour(9));
  });

  it('that has ended does nothing more, and cannot be cancelled any more', () => {
    const all = [start(1), resolved('a'), begun('1'), ended('1'), end];
    assert.deepEqual(nextPolicyRunStep(after(...all)), { kind: 'nothing' });
    assert.deepEqual(decidePolicyRun(cancel, after(...all)), []);
  });

  it('that failed has its problem, and its end', () => {
    const state = after(start(1), resolved('a'), begun('1'), ended('1', 'failed'), end);
    assert.ok(state.status === 'failed');
    assert.equal(state.problem?.code, 'INSTANCES_FAILED');
    assert.equal(state.endedAt, atHour(9));
  });

  it('has found, tried and learned nothing when it begins', () => {
    const state = after(start(1));
    assert.ok(state.status === 'running');
    const { waiting, skipped, open, forgone, warnings, outcomes } = state;
    assert.deepEqual([waiting, skipped, open, forgone, warnings], [[], [], [], [], []]);
    assert.equal(outcomes.size, 0);
  });

  describe('warns', () => {
    const notFound = { kind: 'not-found' } as const;
    const other = { kind: 'other-policy', policyId: sampleIds.policy('databases') } as const;
    const warningsAfter = (...commands: readonly PolicyRunCommand[]): readonly string[] => {
      const event = lastEvent(start(1), ...commands, end);
      assert.ok(event?.type === 'PolicyRunCompleted');
      const { outcome, warnings } = event.data;
      assert.equal(outcome, warnings.length > 0 ? 'warning' : 'succeeded');
      return warnings.map(({ code, message }) => `${code} ${message}`);
    };
    const unreadable = {
      kind: 'unreadable',
      problem: { code: 'CLOUD_STATE_CORRUPT', message: 'instance.json is not JSON' },
    } as const;
    const skipping = (...names: readonly (readonly [string, SkipReason])[]): PolicyRunCommand => ({
      type: 'RecordInstances',
      resolved: {
        instances: [sampleIds.instance('a')],
        skipped: names.map(([name, reason]) => ({ instanceId: sampleIds.instance(name), reason })),
      },
    });

    it('of instances that cannot be read, with what is wrong with the first', () => {
      const found = skipping(['torn-1', unreadable], ['db-1', other], ['torn-2', unreadable]);
      assert.deepEqual(warningsAfter(found, begun('1'), ended('1')), [
        "CLOUD_STATE_CORRUPT instances that policy 'nightly' may be for cannot be read, and are left as they are: torn-1, torn-2; instance.json is not JSON",
      ]);
    });

    it('of instances that are named and not there, not of those that another policy has', () => {
      const found = skipping(['gone-1', notFound], ['db-1', other], ['gone-2', notFound]);
      assert.deepEqual(warningsAfter(found, begun('1'), ended('1')), [
        "UNKNOWN_INSTANCE policy 'nightly' names instances that are not there: gone-1, gone-2",
      ]);
      assert.deepEqual(warningsAfter(skipping(['db-1', other]), begun('1'), ended('1')), []);
    });

    it('of a policy that selects nothing', () => {
      assert.deepEqual(warningsAfter(resolved()), [
        "NOTHING_SELECTED policy 'nightly' has no instance to back up",
      ]);
    });

    it('of a window that closed before any was started, and of nothing else', () => {
      assert.deepEqual(warningsAfter(resolved('a', 'b'), forgo), [
        "WINDOW_CLOSED the window of policy 'nightly' closed before all were started: a, b",
      ]);
    });

    it('of sessions that did not end as they should, of the first five by name', () => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const attempts = (count: number): readonly PolicyRunCommand[] => [
        resolved(...names.slice(0, count)),
        ...names.slice(0, count).flatMap((name) => [begun(name), ended(name, 'warning')]),
      ];
      const words = "sessions of policy 'nightly' ended with warnings or were cancelled";
      assert.deepEqual(warningsAfter(...attempts(5)), [
        `INSTANCES_WITH_WARNINGS ${words}: a, b, c, d, e`,
      ]);
      assert.deepEqual(warningsAfter(...attempts(6)), [
        `INSTANCES_WITH_WARNINGS ${words}: a, b, c, d, e and 1 more`,
      ]);
    });
  });

  it('refuses what does not fit the step that it is at, and says why', () => {
    const refused: readonly (readonly [readonly PolicyRunCommand[], string])[] = [
      [[end], "'EndRun': it has not been started"],
      [[start(1), start(1)], "'StartRun': it has been started before"],
      [[start(1), begun('1')], "its next step is 'resolve-instances'"],
      [[start(1), resolved('a'), resolved('a')], "its next step is 'start-session'"],
      [[start(1), resolved('a'), end], "its next step is 'start-session'"],
      [[start(1), resolved('a'), ended('1')], 'it has no open session session-1'],
      [[start(1), resolved('a'), begun('1'), ended('2')], 'it has no open session session-2'],
      [
        [start(1), resolved('a'), begun('1'), ended('1'), ended('1')],
        'it has no open session session-1',
      ],
      [[start(1), resolved('a'), begun('1'), ended('1'), retry], "its next step is 'end-run'"],
      [[start(1), resolved('a'), begun('1'), forgo], "its next step is 'await-sessions'"],
    ];
    for (const [commands, why] of refused) {
      assert.throws(
        () => lastEvent(...commands),
        (error) => hasErrorCode(error, 'ILLEGAL_TRANSITION') && String(error).includes(why),
        why,
      );
    }
  });

  it('holds to what its events promise: a beginning first, and a reason for what went wrong', () => {
    const [, resolvedEvent] = [start(1), resolved('a')].map((_, index, commands) =>
      lastEvent(...commands.slice(0, index + 1)),
    );
    assert.ok(resolvedEvent !== undefined);
    assert.throws(() => evolvePolicyRun(initialPolicyRun, resolvedEvent), { code: 'INTERNAL' });
    const withoutReason: PolicyRunCommand = {
      type: 'RecordInstanceSessionEnd',
      instanceSessionId: sampleIds.session('1'),
      status: 'failed',
      problem: null,
    };
    const open = [start(1), resolved('a'), begun('1')];
    assert.throws(() => lastEvent(...open, withoutReason), { code: 'INTERNAL' });
  });

  it('comes to its end whatever luck its instances have, with one outcome for each', () => {
    const luck = fc.array(
      fc.constantFrom<AttemptStatus>('succeeded', 'warning', 'failed', 'cancelled'),
      { minLength: 36, maxLength: 36 },
    );
    const cases = fc.record({
      count: fc.integer({ min: 0, max: 9 }),
      attemptsMax: fc.integer({ min: 1, max: 4 }),
      luck,
      cancelAt: fc.option(fc.nat({ max: 30 })),
    });
    fc.assert(
      fc.property(cases, ({ count, attemptsMax, luck: ends, cancelAt }) => {
        const names = Array.from({ length: count }, (_, index) => `i-${index}`);
        let state = after(start(attemptsMax));
        let sessions = 0;
        for (let turn = 0; state.status === 'running'; turn += 1) {
          assert.ok(turn < 200, 'a run without end');
          const step = nextPolicyRunStep(state);
          let command: PolicyRunCommand = end;
          if (turn === cancelAt) command = cancel;
          else if (step.kind === 'resolve-instances') command = resolved(...names);
          else if (step.kind === 'start-session') command = begun(`${(sessions += 1)}`);
          else if (step.kind === 'schedule-retry') command = retry;
          else if (step.kind === 'await-sessions') {
            const [open] = step.open;
            assert.ok(open !== undefined && step.open.length <= 4);
            const status = ends[sessions - step.open.length] ?? 'failed';
            command = {
              type: 'RecordInstanceSessionEnd',
              instanceSessionId: open.instanceSessionId,
              status,
              problem: status === 'succeeded' ? null : problem,
            };
          }
          state = decidePolicyRun(command, state).reduce(evolvePolicyRun, state);
        }
        assert.ok(state.status !== 'not-started');
        assert.equal(state.open.length, 0);
        assert.ok(sessions <= count * attemptsMax);
        if (state.status !== 'cancelled') {
          assert.deepEqual([...state.outcomes.keys()].toSorted(), names.toSorted());
          const hasFailed = [...state.outcomes.values()].some(({ status }) => status === 'failed');
          assert.equal(state.status === 'failed', hasFailed);
        }
      }),
      { numRuns: 500 },
    );
  });
});
