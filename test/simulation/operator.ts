import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { ItemRef } from '../../src/domain/retention/retention-plan.ts';
import { createMemoryImageTarget } from '../support/simulation/memory-image-target.ts';
import type { SeededPrng } from '../support/simulation/seeded-prng.ts';
import type { SimulatedProcess } from '../support/simulation/simulated-process.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import type { SimulatedWorld } from '../support/simulation/simulated-world.ts';
import { type FollowedSession, followSimulated } from './followed-session.ts';
import { type Guests, pickFrom } from './guests.ts';
import { anyPolicy } from './simulated-policy.ts';

const enginesMax = 3;
/** About as long as a session takes. */
const cancelWithinMs = 90_000;
/** How likely people are to cancel when something goes wrong: a run has one of these. */
const impatiences: readonly [number, ...number[]] = [0, 0.05, 0.4];
const impatienceMaxMs = 1_000;
/** How likely an engine is to be held dead when one of its calls hangs. */
const heldDeadWhenHanging = 0.3;
const successorWithinMs = 30_000;

/**
 * The people and programs around the engines: they start backups, cancel them, change policies,
 * kill engines and start new ones, in an order that only the seed knows.
 */
export class Operator {
  readonly followed: FollowedSession[] = [];
  readonly #world: SimulatedWorld;
  readonly #guests: Guests;
  readonly #prng: SeededPrng;
  readonly #impatience: number;
  #engines: SimulatedEngine[] = [];
  #enginesStarted = 0;

  constructor(world: SimulatedWorld, guests: Guests, prng: SeededPrng) {
    this.#world = world;
    this.#guests = guests;
    this.#prng = prng;
    this.#impatience = prng.pick(impatiences);
  }

  /** The engines that are neither dead nor held to be. */
  get living(): readonly SimulatedEngine[] {
    this.#engines = this.#engines.filter(({ process }) => process.life === 'alive');
    return this.#engines;
  }

  /** One action; what it begins goes on by itself. */
  act(): void {
    const draw = this.#prng.next();
    const instanceId = this.#guests.anyInstance();
    if (draw < 0.4) this.#backUp(instanceId, this.#anyEngine());
    else if (draw < 0.47) this.#raceForBackup(instanceId);
    else if (draw < 0.57) this.#guests.write(instanceId);
    else if (draw < 0.61) this.#guests.reshape(instanceId);
    else if (draw < 0.67) {
      const chosen = this.#anyEngine();
      this.#tell(chosen.process.name, 'setPolicy', this.setPolicy(instanceId, chosen));
    } else if (draw < 0.71) this.#togglePermission();
    else if (draw < 0.77) this.#anyEngine().process.kill('killed by the operator');
    else if (draw < 0.81) this.#holdDead(this.#anyEngine().process);
    else if (draw < 0.84) this.#close(this.#anyEngine());
    else if (draw < 0.9) this.#resume(this.#startEngine());
    else if (draw < 0.92) for (const one of this.living) this.#resume(one);
    else if (draw < 0.94) this.#restore(this.#anyEngine());
    else if (draw < 0.97) this.#hold(instanceId, this.#anyEngine());
    else if (draw < 0.98) this.#release(this.#anyEngine());
    else this.#tidyUp(instanceId, this.#anyEngine());
  }

  setPolicy(instanceId: InstanceId, { engine, process }: SimulatedEngine): Promise<void> {
    const policy = anyPolicy(instanceId, this.#prng);
    const { retention, baseMoves } = policy.snapshots;
    const { level, changedBlockTracking } = policy.image;
    this.#world.history.note(
      process.name,
      `policy of ${instanceId}: keep ${retention.count}, image ${level}, CBT ${changedBlockTracking}, base moves ${baseMoves}, ` +
        `points ${policy.image.retention.count ?? 'all'}, replicas ${policy.replicas.map(({ target, retention: { count } }) => `${target.region} ${count}`).join(', ')}`,
    );
    return engine.setPolicy(policy);
  }

  follow({ process }: SimulatedEngine, running: Parameters<typeof followSimulated>[2]): void {
    this.followed.push(followSimulated(this.#world, process, running));
  }

  #anyEngine(): SimulatedEngine {
    return this.living.length === 0 ? this.#startEngine() : pickFrom(this.living, this.#prng);
  }

  #startEngine(): SimulatedEngine {
    if (this.living.length >= enginesMax) return pickFrom(this.living, this.#prng);
    this.#enginesStarted += 1;
    const started = startEngine(this.#world, `engine-${this.#enginesStarted}`);
    this.#engines.push(started);
    const { process } = started;
    process.onTrouble((trouble) => {
      if (trouble === 'hangs' && this.#prng.chance(heldDeadWhenHanging)) this.#holdDead(process);
    });
    return started;
  }

  /** Who does not answer is held to be dead, and mostly another engine is sent for soon. */
  #holdDead(process: SimulatedProcess): void {
    process.becomeZombie();
    if (!this.#prng.chance(0.7)) return;
    this.#world.scheduler.schedule(this.#prng.integer(0, successorWithinMs), () => {
      if (this.#world.faults.isOn) this.#resume(this.#startEngine());
    });
  }

  #backUp(instanceId: InstanceId, chosen: SimulatedEngine): void {
    const { engine, process } = chosen;
    const signal = this.#cancellation(process, `the backup of ${instanceId}`);
    const scope = this.#prng.chance(0.2) ? { scope: this.#anyScope() } : {};
    const origin = this.#prng.chance(0.1)
      ? { origin: { kind: 'manual', expiresAt: null } as const }
      : {};
    this.#world.history.note('operator', `asks ${process.name} to back up ${instanceId}`);
    const starting = engine.startBackup({ instanceId, signal, ...scope, ...origin });
    this.#tell(
      process.name,
      'startBackup',
      starting.then((running) => {
        this.follow(chosen, running);
      }),
    );
  }

  /** Aborts at any time, or never; rather soon after something has gone wrong. */
  #cancellation(process: SimulatedProcess, what: string): AbortSignal {
    const cancel = new AbortController();
    const cancelWithin = (durationMs: number): void => {
      this.#world.scheduler.schedule(this.#prng.integer(0, durationMs), () => {
        if (process.life === 'dead' || cancel.signal.aborted) return;
        this.#world.history.note('operator', `cancels ${what}`);
        cancel.abort(new Error('the operator cancelled it'));
      });
    };
    if (this.#prng.chance(0.15)) cancelWithin(cancelWithinMs);
    process.onTrouble(() => {
      if (!this.#prng.chance(this.#impatience)) return;
      cancelWithin(this.#prng.chance(0.5) ? 0 : impatienceMaxMs);
    });
    return cancel.signal;
  }

  #raceForBackup(instanceId: InstanceId): void {
    const first = this.#anyEngine();
    const second = this.#prng.chance(0.5) ? first : this.#anyEngine();
    this.#backUp(instanceId, first);
    this.#backUp(instanceId, second);
  }

  #resume(chosen: SimulatedEngine): void {
    const { engine, process } = chosen;
    const signal = this.#cancellation(process, 'what was resumed');
    this.#tell(
      process.name,
      'resumeInterrupted',
      engine.resumeInterrupted({ signal }).then((resumed) => {
        for (const running of resumed) this.follow(chosen, running);
      }),
    );
  }

  #restore({ engine, process }: SimulatedEngine): void {
    const restoring = Array.fromAsync(engine.listPoints()).then(async (points) => {
      if (points.length === 0) return;
      const { pointId } = pickFrom(points, this.#prng);
      const target = createMemoryImageTarget();
      await (
        await engine.startRestore({ pointId, target })
      ).ended;
    });
    this.#tell(process.name, 'restore', restoring);
  }

  /** On anything that the instance has at this moment; it may be gone before the hold is placed. */
  #hold(instanceId: InstanceId, { engine, process }: SimulatedEngine): void {
    const placing = engine.describeItems(instanceId).then(async ({ history }) => {
      const items: readonly ItemRef[] = [
        ...history.sets.map(({ id }) => ({ kind: 'snapshot-set', id }) as const),
        ...history.replicas.map(({ id }) => ({ kind: 'replica', id }) as const),
        ...history.points.map(({ id }) => ({ kind: 'restore-point', id }) as const),
      ];
      if (items.length === 0) return;
      const item = pickFrom(items, this.#prng);
      await engine.placeHold({ instanceId, item }, { kind: 'legal-hold', note: 'simulated' });
    });
    this.#tell(process.name, 'placeHold', placing);
  }

  #release({ engine, process }: SimulatedEngine): void {
    const releasing = engine.listHolds().then(async ({ holds }) => {
      if (holds.length === 0) return;
      const { instanceId, holdId } = pickFrom(holds, this.#prng);
      await engine.releaseHold(instanceId, holdId);
    });
    this.#tell(process.name, 'releaseHold', releasing);
  }

  #tidyUp(instanceId: InstanceId, chosen: SimulatedEngine): void {
    const signal = this.#cancellation(chosen.process, `the retention of ${instanceId}`);
    this.#tell(
      chosen.process.name,
      'startMaintenance',
      chosen.engine.startMaintenance({ instanceId, signal }).then((running) => {
        this.follow(chosen, running);
      }),
    );
  }

  #close({ engine, process }: SimulatedEngine): void {
    this.#world.history.note('operator', `closes ${process.name}`);
    this.#engines = this.#engines.filter((one) => one.process !== process);
    const closing = engine.close().finally(() => {
      process.kill('its program ends');
    });
    this.#tell(process.name, 'close', closing);
  }

  #togglePermission(): void {
    const { snapshots, history } = this.#world;
    snapshots.permission = snapshots.permission === 'granted' ? 'revoked' : 'granted';
    history.note('operator', `permission to list blocks is ${snapshots.permission}`);
  }

  #anyScope(): 'snapshot-only' | 'image-level' {
    return this.#prng.pick(['snapshot-only', 'image-level']);
  }

  /** What was asked for may be refused; that is for the history. */
  #tell(who: string, what: string, outcome: Promise<unknown>): void {
    outcome.catch((error: unknown) => {
      this.#world.history.note(who, `${what}: ${String(error)}`);
    });
  }
}
