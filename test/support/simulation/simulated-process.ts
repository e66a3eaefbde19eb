import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { FaultPlan, FaultRates, FaultyCall, PortName } from './fault-plan.ts';
import type { RunHistory } from './run-history.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededPrng } from './seeded-prng.ts';

/** What the processes of one simulated world share. */
export interface ProcessWorld {
  readonly scheduler: Scheduler;
  readonly faults: FaultPlan;
  readonly history: RunHistory;
  /** How far the clocks of processes are ahead of the cloud's. */
  readonly clocksAheadMs: number;
  /** The process whose call takes its effect right now, so that the world knows who did it. */
  actor: SimulatedProcess | null;
}

/** How a process fares. */
export interface ProcessTemper {
  readonly rates: FaultRates;
  /** Draws how long its calls take. */
  readonly latency: SeededPrng;
}

export interface PortCall extends FaultyCall {
  /** What the call is refused with when refusals strike; default: it never is. */
  readonly refusal?: SnapledgerError;
}

/** The longest a call takes without any fault. */
const latencyMaxMs = 40;
/** The longest a call of a zombie takes. */
const zombieLatencyMaxMs = 90_000;

const unavailable: Readonly<Record<PortName, ErrorCode>> = {
  ledger: 'LEDGER_UNAVAILABLE',
  store: 'STORE_UNAVAILABLE',
  presence: 'PRESENCE_UNAVAILABLE',
  // The ports have no code of their own for a cloud that does not answer.
  cloud: 'TIMED_OUT',
  device: 'DISK_UNREADABLE',
};

/**
 * A process of the simulated world: an engine or a worker. All that it does to the world goes
 * through `call`, where it can fail, hang, or die; what a dead process waits for never comes.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly #world: ProcessWorld;
  readonly #temper: ProcessTemper;
  readonly #deathListeners: (() => void)[] = [];
  readonly #troubleListeners: ((trouble: 'fails' | 'hangs') => void)[] = [];
  #life: 'alive' | 'zombie' | 'dead' = 'alive';
  #stalledUntilMs = 0;

  constructor(name: string, world: ProcessWorld, temper: ProcessTemper) {
    this.name = name;
    this.#world = world;
    this.#temper = temper;
  }

  /** `zombie`: everybody holds it to be dead, and it does not know that. */
  get life(): 'alive' | 'zombie' | 'dead' {
    return this.#life;
  }

  onDeath(listener: () => void): void {
    this.#deathListeners.push(listener);
  }

  /** Called whenever one of its calls fails or hangs. */
  onTrouble(listener: (trouble: 'fails' | 'hangs') => void): void {
    this.#troubleListeners.push(listener);
  }

  /** Ends it between two of its instructions. */
  kill(why: string): void {
    if (this.#life === 'dead') return;
    this.#world.history.note(this.name, `DIES (${why})`);
    this.#life = 'dead';
    for (const listener of this.#deathListeners) listener();
  }

  /** Others take it for dead from now on; it goes on, slowly. */
  becomeZombie(): void {
    if (this.#life !== 'alive') return;
    this.#world.history.note(this.name, 'is held to be dead, and goes on');
    this.#life = 'zombie';
    for (const listener of this.#deathListeners) listener();
  }

  /** Nothing that it waits for comes before that time is over. */
  stall(durationMs: number): void {
    this.#world.history.note(this.name, `stalls for ${durationMs} ms`);
    this.#stalledUntilMs = this.#world.scheduler.now() + durationMs;
  }

  /** Lets `effect` happen to the world, as the seed will have it. */
  async call<T>(call: PortCall, effect: () => Promise<T>): Promise<T> {
    const { faults, scheduler, history } = this.#world;
    await this.#delay(this.#latencyMs());
    const fate = faults.fateOf(call, this.#temper.rates, scheduler.elapsedMs);
    if (fate.kind === 'refused' && call.refusal !== undefined) {
      history.note(this.name, `${call.what} is refused: ${call.refusal.code}`);
      throw call.refusal;
    }
    if ('when' in fate && fate.when === 'before-effect') await this.#strike(fate, call);

    this.#world.actor = this;
    // The effects of the simulated world happen before their first await: nobody comes between.
    const effected = effect();
    this.#world.actor = null;
    const result = await effected;
    if ('when' in fate && fate.when === 'after-effect') await this.#strike(fate, call);
    if (this.#stalledUntilMs > scheduler.now()) await this.#delay(0);
    return result;
  }

  /** Time as this process has it. */
  get clock(): Clock {
    const { scheduler } = this.#world;
    return {
      now: () => (scheduler.now() + this.#world.clocksAheadMs) as TimestampMs,
      sleep: async (durationMs, signal) => {
        signal?.throwIfAborted();
        await new Promise<void>((resolve) => {
          const finish = (): void => {
            cancel();
            signal?.removeEventListener('abort', finish);
            resolve();
          };
          const cancel = scheduler.schedule(durationMs, finish);
          signal?.addEventListener('abort', finish);
        });
        await this.#unlessDead();
        signal?.throwIfAborted();
      },
    };
  }

  #latencyMs(): number {
    const { latency } = this.#temper;
    const isSlow = this.#life === 'zombie' && this.#world.faults.isOn && latency.chance(0.2);
    return latency.integer(0, isSlow ? zombieLatencyMaxMs : latencyMaxMs);
  }

  async #strike(
    fate: Extract<ReturnType<FaultPlan['fateOf']>, { readonly when: string }>,
    { port, what }: PortCall,
  ): Promise<void> {
    const { history } = this.#world;
    if (fate.kind !== 'crash') {
      for (const listener of this.#troubleListeners) listener(fate.kind);
    }
    switch (fate.kind) {
      case 'crash':
        this.kill(`${fate.when} of ${what}`);
        return this.#unlessDead();
      case 'hangs':
        history.note(this.name, `${what} hangs for ${fate.durationMs} ms ${fate.when}`);
        return this.#delay(fate.durationMs);
      case 'fails':
        history.note(this.name, `${what} fails ${fate.when}`);
        throw new SnapledgerError(unavailable[port], `simulated: ${what} fails ${fate.when}`, {
          retry: 'retryable',
        });
    }
  }

  async #delay(durationMs: number): Promise<void> {
    const { scheduler } = this.#world;
    await scheduler.after(durationMs);
    while (this.#stalledUntilMs > scheduler.now()) {
      await scheduler.after(this.#stalledUntilMs - scheduler.now());
    }
    await this.#unlessDead();
  }

  #unlessDead(): Promise<void> {
    return this.#life === 'dead' ? new Promise(() => undefined) : Promise.resolve();
  }
}
