import type { LoggedEvent } from '../../src/adapters/memory/event-store-log.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';
import { checkRun } from './checks/check-run.ts';
import { Guests } from './guests.ts';
import { type LedgerView, readLedger } from './ledger-view.ts';
import { Operator } from './operator.ts';

const actionsMin = 5;
const actionsMax = 24;
const pauseMaxMs = 120_000;
/** Without faults everything has to be at its end within this time. */
const quietMaxMs = 3 * 3_600_000;
const lookEveryMs = 60_000;
/** By then zombies were fenced, and slow followers are at the end of their session. */
const idleMs = 1_800_000;

export interface SimulationReport {
  readonly seed: string;
  /** What was found to be wrong; empty for a run that holds. */
  readonly violations: readonly string[];
  readonly history: readonly string[];
  /** How often each type of event was recorded, and each way to read a volume was chosen. */
  readonly counts: ReadonlyMap<string, number>;
  readonly wakeUps: number;
  /** Every event, in the order in which they were recorded. */
  readonly events: readonly LoggedEvent[];
}

/**
 * One run: trouble, then a quiet time without faults in which everything has to come to its end,
 * then the checks. The same seed is the same run, to the last call.
 */
export async function runSimulation(seed: string): Promise<SimulationReport> {
  const prng = createSeededPrng(seed);
  const world = new SimulatedWorld(prng);
  const outcome = await outcomeOf(world);
  return {
    ...outcome,
    seed,
    history: world.history.lines,
    wakeUps: world.scheduler.wakeUps,
    events: world.log.events,
  };
}

type Outcome = Pick<SimulationReport, 'violations' | 'counts'>;

async function outcomeOf(world: SimulatedWorld): Promise<Outcome> {
  try {
    return await world.scheduler.drive(simulate(world));
  } catch (error) {
    const reason = error instanceof Error ? String(error.stack) : String(error);
    return { violations: [`the run broke: ${reason}`], counts: new Map() };
  }
}

async function simulate(world: SimulatedWorld): Promise<Outcome> {
  const { scheduler, prng } = world;
  const guests = new Guests(world, prng.fork('guests'));
  const operatorPrng = prng.fork('operator');
  const operator = new Operator(world, guests, operatorPrng);
  await makeRepository(world);
  const admin = startEngine(world, 'admin', 'flawless');
  for (const instanceId of world.disks.instanceIds) {
    await operator.setPolicy(instanceId, admin);
  }
  const actions = operatorPrng.integer(actionsMin, actionsMax);
  for (let action = 0; action < actions; action += 1) {
    operator.act();
    await scheduler.after(operatorPrng.chance(0.2) ? 0 : operatorPrng.integer(0, pauseMaxMs));
  }

  world.history.note('weather', 'quiet');
  world.faults.switchOff();
  world.snapshots.permission = 'granted';
  const rescuer = await chooseRescuer(world, operator, operatorPrng.pick(['fresh', 'survivor']));
  await bringToEnd(world, operator, rescuer);
  await untilIdle(world);
  // Again, for what zombies did meanwhile; by now none is left that could do more.
  await bringToEnd(world, operator, rescuer);
  for (const instanceId of world.disks.instanceIds) {
    guests.write(instanceId);
    if (operatorPrng.chance(0.5)) await operator.setPolicy(instanceId, admin);
    await backUpOnceMore(world, operator, rescuer, instanceId);
  }
  await untilIdle(world);
  const ledger = await readLedger(world);
  const violations = await checkRun({ world, operator, admin, ledger });
  return { violations, counts: countsOf(world, ledger) };
}

function countsOf(world: SimulatedWorld, ledger: LedgerView): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  for (const { type } of world.log.events) count(type);
  for (const { state } of ledger.backups) {
    for (const { mode, reason } of state.readPlan ?? []) count(`read ${mode} (${reason ?? 'CBT'})`);
  }
  return counts;
}

/**
 * `fresh`: all engines end, some politely, and another one takes over. `survivor`: one that has
 * lived through the trouble has to do without being started again.
 */
async function chooseRescuer(
  world: SimulatedWorld,
  operator: Operator,
  kind: 'fresh' | 'survivor',
): Promise<SimulatedEngine> {
  const [survivor] = kind === 'survivor' ? operator.living : [];
  for (const one of operator.living) {
    if (one === survivor) continue;
    if (world.prng.chance(0.5)) one.process.kill('its machine is switched off');
    else await one.engine.close();
  }
  world.history.note('operator', `leaves the rest to ${survivor?.process.name ?? 'a new engine'}`);
  return survivor ?? startEngine(world, 'rescuer', 'flawless');
}

/** Lets the rescuer resume until no instance is claimed any more. */
async function bringToEnd(
  world: SimulatedWorld,
  operator: Operator,
  rescuer: SimulatedEngine,
): Promise<void> {
  const { scheduler } = world;
  const deadlineMs = scheduler.now() + quietMaxMs;
  do {
    for (const running of await rescuer.engine.resumeInterrupted()) {
      operator.follow(rescuer, running);
    }
    await scheduler.after(lookEveryMs);
    const { instances } = await readLedger(world);
    if (instances.values().every(({ claim }) => claim === null)) return;
  } while (scheduler.now() < deadlineMs);
}

/** Nothing may be stuck: each instance can be backed up, now that nothing goes wrong. */
async function backUpOnceMore(
  world: SimulatedWorld,
  operator: Operator,
  rescuer: SimulatedEngine,
  instanceId: InstanceId,
): Promise<void> {
  try {
    const running = await rescuer.engine.startBackup({ instanceId });
    operator.follow(rescuer, running);
    const { status } = await running.ended;
    if (status === 'succeeded' || status === 'warning') return;
    world.history.note('operator', `FINAL BACKUP of ${instanceId} ended as ${status}`);
  } catch (error) {
    world.history.note('operator', `FINAL BACKUP of ${instanceId}: ${String(error)}`);
  }
}

/** Workers that nobody wants end by themselves, zombies when they are fenced. */
async function untilIdle({ scheduler, workers }: SimulatedWorld): Promise<void> {
  const deadlineMs = scheduler.now() + quietMaxMs;
  while (workers.running.length > 0 && scheduler.now() < deadlineMs) {
    await scheduler.after(lookEveryMs);
  }
  await scheduler.after(idleMs);
}
