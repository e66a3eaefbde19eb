import type { RunningSession } from '../../src/engine/engine.ts';
import type { SessionId } from '../../src/domain/identifiers.ts';
import type { SimulatedProcess } from '../support/simulation/simulated-process.ts';
import type { SimulatedWorld } from '../support/simulation/simulated-world.ts';

/** What two readers, one of them slow, saw of a session through the engine that ran it. */
export interface FollowedSession {
  readonly sessionId: SessionId;
  readonly process: SimulatedProcess;
  readonly followers: readonly [Follower, Follower];
  /** `ended`: the engine brought the session to its end. */
  outcome: 'open' | 'ended' | 'stopped';
}

export interface Follower {
  /** Revision and type of each event. */
  readonly seen: string[];
  /** `broken`: a read failed, which followers are told of. */
  end: 'following' | 'over' | 'broken';
}

export function followSimulated(
  world: SimulatedWorld,
  process: SimulatedProcess,
  running: RunningSession,
): FollowedSession {
  const { sessionId } = running;
  const followed: FollowedSession = {
    sessionId,
    process,
    followers: [follow(world, running, 0), follow(world, running, 20_000)],
    outcome: 'open',
  };
  running.ended.then(
    ({ status }) => {
      world.history.note(process.name, `${sessionId} has ended: ${status}`);
      followed.outcome = 'ended';
    },
    (error: unknown) => {
      world.history.note(process.name, `${sessionId} cannot go on: ${String(error)}`);
      followed.outcome = 'stopped';
    },
  );
  return followed;
}

function follow(world: SimulatedWorld, running: RunningSession, pauseMs: number): Follower {
  const follower: Follower = { seen: [], end: 'following' };
  const reading = (async () => {
    for await (const { revision, event } of running.events()) {
      follower.seen.push(`${revision} ${event.type}`);
      if (pauseMs > 0) await world.scheduler.after(pauseMs);
    }
  })();
  reading.then(
    () => {
      follower.end = 'over';
    },
    () => {
      follower.end = 'broken';
    },
  );
  return follower;
}
