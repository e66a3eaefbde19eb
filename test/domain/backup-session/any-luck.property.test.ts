import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  BackupScope,
  BackupSessionEvent,
} from '../../../src/domain/backup-session/backup-events.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import { removalsOf } from '../../../src/domain/retention/retention-plan.ts';
import {
  eventsAfter,
  eventsOf,
  journeyCommands,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { goodLuck, type Luck, ModelledWorld, type WorldOptions } from './modelled-world.ts';

const lucks: fc.Arbitrary<Luck> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('good' as const) },
    { weight: 2, arbitrary: fc.constant('retryable-failure' as const) },
    { weight: 1, arbitrary: fc.constant('permanent-failure' as const) },
    { weight: 2, arbitrary: fc.constant('worker-lost' as const) },
    { weight: 1, arbitrary: fc.constant('cancelled' as const) },
  ),
  effect: fc.constantFrom('happened', 'did-not-happen'),
  portion: fc.integer({ min: 1, max: 100 }),
});

const worlds: fc.Arbitrary<WorldOptions> = fc.record({
  transport: fc.constantFrom('worker', 'direct'),
  workerAttemptsMax: fc.integer({ min: 1, max: 4 }),
  stepAttemptsMax: fc.integer({ min: 1, max: 4 }),
  plannedBlocks: fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 })),
});

const scopes = fc.constantFrom<BackupScope>('snapshot-only', 'image-level', 'retention-only');

/** Bad luck lasts so long at most; from then on everything goes well. */
const luckMaxLength = 60;

/**
 * Steps of the longest way with good luck alone: all stations, clean-up, one transfer for each
 * volume. A session that needs more than this and its bad luck together is going round in circles.
 */
const goodStepsMax = 40;

interface Ended {
  readonly state: StartedBackup;
  readonly events: readonly BackupSessionEvent[];
  readonly world: ModelledWorld;
}

/** Next step, command, decision, evolution, until nothing is left to do. */
function run(scope: BackupScope, options: WorldOptions, luck: readonly Luck[]): Ended {
  const world = new ModelledWorld(options);
  let events = eventsOf(journeyCommands.start(scope, options.transport));
  for (let performed = 0; performed <= luck.length + goodStepsMax; performed += 1) {
    // Folded anew each time: every step is performed by an engine that has only the events.
    const state = stateAfter(events);
    const step = nextBackupStep(state);
    if (step.kind === 'nothing') return { state, events, world };
    const command = world.perform(step, state, luck[performed] ?? goodLuck);
    if (command !== null) events = eventsAfter(events, command);
  }
  return assert.fail(`no end after ${events.map(({ type }) => type).join(', ')}`);
}

function check(claim: (ended: Ended, options: WorldOptions) => void): void {
  fc.assert(
    fc.property(
      scopes,
      worlds,
      fc.array(lucks, { maxLength: luckMaxLength }),
      (scope, options, luck) => {
        claim(run(scope, options, luck), options);
      },
    ),
    { numRuns: 1_500 },
  );
}

describe('a session, whatever happens to it,', () => {
  it('comes to its end in a bounded number of steps, each of whose outcomes is taken', () => {
    check(({ state }) => {
      assert.notEqual(state.status, 'running');
      assert.notEqual(state.endedAt, null);
    });
  });

  it('leaves no worker, no uncommitted data and no unlisted snapshot', () => {
    check(({ state, world }) => {
      assert.match(state.worker.state, /^(none|direct)$/);
      assert.equal(world.workerCount, 0, 'no worker runs');
      assert.notEqual(state.writer.state, 'registered');
      assert.notEqual(state.snapshotSet?.state, 'requested');
      if (world.has.set) assert.notEqual(state.snapshotSet?.takenAt ?? null, null);
    });
  });

  it('has a restore point exactly when it is in the repository, and is then a success', () => {
    check(({ state, world }) => {
      assert.equal(state.point !== null, world.has.point);
      if (state.point === null) return;
      assert.ok(state.status === 'succeeded' || state.status === 'warning', state.status);
      assert.equal(state.ending, null);
    });
  });

  it('ends as what ended it says, and with a warning exactly when there are warnings', () => {
    check(({ state: { status, ending, warnings } }) => {
      if (ending !== null) assert.equal(status, ending.outcome);
      else assert.equal(status, warnings.length === 0 ? 'succeeded' : 'warning');
    });
  });

  it('launches no more workers than the limit allows, and none where none is wanted', () => {
    check(({ events }, { workerAttemptsMax, transport }) => {
      const launched = events.filter(({ type }) => type === 'WorkerLaunched').length;
      const launchedMax = transport === 'worker' ? workerAttemptsMax : 0;
      assert.ok(launched <= launchedMax, `${launched} workers were launched`);
    });
  });

  it('reads directly only where that is wanted, and fails at it as often as the limit allows', () => {
    check(({ events }, { workerAttemptsMax, transport }) => {
      const count = (wanted: BackupSessionEvent['type']): number =>
        events.filter(({ type }) => type === wanted).length;
      if (transport === 'worker') assert.equal(count('DirectReadStarted'), 0);
      let failures = 0;
      for (const { type } of events) {
        if (type === 'BlocksTransferred') failures = 0;
        if (type === 'DirectReadFailed') failures += 1;
        assert.ok(failures <= workerAttemptsMax, `it failed ${failures} times in a row`);
      }
    });
  });

  it('has transferred each planned block once when it commits', () => {
    check(({ state }) => {
      if (state.point === null) return;
      for (const { endPlanned, plannedBlocks, blocksRead } of state.transfers) {
        assert.equal(endPlanned, plannedBlocks);
        assert.equal(blocksRead, plannedBlocks);
      }
    });
  });

  it('has tried once each item that retention let go', () => {
    check(({ state: { retention, removed, unremoved } }) => {
      const tried = [removed, unremoved].flatMap(({ sets, replicas, points }): string[] => [
        ...sets,
        ...replicas,
        ...points,
      ]);
      const toRemove = retention === null ? [] : removalsOf(retention).map(({ id }) => id);
      assert.deepEqual(tried.toSorted(), toRemove.toSorted());
    });
  });

  it('leaves no copy that it does not list, and settles each that it asked for', () => {
    check(({ state, world }) => {
      const settled = state.replicas.map((replica) => replica.state);
      for (const one of settled) assert.match(one, /^(completed|failed|torn)$/);
      const isListed = settled.some((one) => one === 'completed' || one === 'torn');
      if (world.has.copies) assert.ok(isListed, settled.join(', '));
      else assert.ok(!settled.includes('completed'), 'a completed replica is there');
    });
  });

  it('is the same when its events are replayed from a copy', () => {
    check(({ state, events }) => {
      assert.deepEqual(stateAfter(structuredClone(events)), state);
    });
  });

  it('records nothing after its end', () => {
    check(({ events }) => {
      const ends = events.map(({ type }) =>
        ['SessionCompleted', 'SessionFailed', 'SessionCancelled'].includes(type),
      );
      assert.equal(ends.indexOf(true), events.length - 1);
    });
  });

  it('leaves no writer registered in the repository', () => {
    check(({ world }) => {
      assert.equal(world.has.writer, false);
    });
  });
});
