import type { BlockIndex, InstanceId, SessionId } from '../../../../../src/domain/identifiers.ts';
import { hasErrorCode } from '../../../../../src/domain/errors/snapledger-error.ts';
import {
  parsePackKey,
  parseSessionKeyKey,
} from '../../../../../src/format/strata/object/object-keys.ts';
import { StrataPointReader } from '../../../../../src/format/strata/point/strata-point-reader.ts';
import { createSeededPrng } from '../../../../support/simulation/seeded-prng.ts';
import { blockBytes, simulatedVolumes } from './simulated-instance.ts';
import type { ProgramContext } from './simulated-programs.ts';
import {
  backUp,
  collect,
  damageOne,
  fenceOne,
  removeOne,
  repackOne,
  repairOne,
  rotateKeys,
} from './simulated-programs.ts';
import type { MadePoint } from './simulated-repository.ts';
import { SimulatedRepository } from './simulated-repository.ts';
import { Died, type Program, Turns } from './turns.ts';

/** One program of a scenario. */
export interface Plan {
  readonly work:
    | 'backup-changed'
    | 'backup-allocated'
    | 'collect'
    | 'fence'
    | 'remove'
    | 'repack'
    | 'damage'
    | 'repair'
    | 'rotate'
    | 'days';
  readonly instance: 0 | 1;
  readonly diesAt: number | null;
  readonly lastRequest: Program['lastRequest'];
  readonly sleeps: Program['sleeps'];
  /** Which point is removed; and how many days go by. */
  readonly which: 'any' | 'oldest' | 'newest';
}

/** A program that neither dies nor sleeps. */
export const steadily = {
  instance: 0,
  diesAt: null,
  lastRequest: 'performed',
  sleeps: [],
  which: 'any',
} as const satisfies Omit<Plan, 'work'>;

export interface Scenario {
  readonly seed: number;
  readonly atOnceMax: number;
  /** For how many days points are locked; 0: they are not. */
  readonly pointDays: number;
  readonly plans: readonly Plan[];
}

/** All locks have ended by then. */
const longDays = 400;
const passedDays = { any: 3, oldest: 11, newest: 35 } as const;

/**
 * Runs the scenario, and after it what an operator does in the end: every session that is open is
 * ended, and what is dead is collected. Gives what went wrong, and what happened.
 */
export async function runCollectionSimulation(scenario: Scenario): Promise<{
  readonly violations: readonly string[];
  readonly events: ReadonlyMap<string, number>;
}> {
  const prng = createSeededPrng(String(scenario.seed));
  const repository = new SimulatedRepository(prng.fork('repository'), scenario.pointDays);
  await repository.create();
  const turns = new Turns(prng.fork('turns'));
  const events = new Map<string, number>();
  const tell = (event: string): void => {
    events.set(event, (events.get(event) ?? 0) + 1);
  };
  const start = (plan: Plan, number: number) => async (): Promise<void> => {
    const name = `${number}-${plan.work}`;
    const { diesAt, lastRequest, sleeps } = plan;
    const program: Program = {
      name,
      diesAt,
      lastRequest,
      sleeps,
      requests: 0,
      state: 'alive',
    };
    try {
      const context = await repository.openedBy(program, turns);
      await perform(plan, { repository, context, prng: prng.fork(name), tell });
    } catch (error) {
      if (program.state === 'dead') tell('died');
      // Who has opened the repository before opens it anew, and begins again: as another program.
      else if (hasErrorCode(error, 'MASTER_KEY_ROTATED')) tell('rotated meanwhile');
      else repository.violations.push(`${name} failed: ${String(error)}`);
      if (program.state === 'alive' && error instanceof Died) throw error;
    }
  };
  await turns.run(scenario.plans.map(start), scenario.atOnceMax);
  // A program's randomness is that of its number.
  let started = 1000;
  const inTheEnd = async (plans: readonly Plan[]): Promise<void> => {
    const first = started;
    started += plans.length;
    await turns.run(
      plans.map((plan, n) => start(plan, first + n)),
      1,
    );
  };
  await inTheEnd(finalRepairs(await registered(repository)));
  // What a repair has stored is under a lock as well.
  repository.pass(longDays);
  await inTheEnd([{ ...steadily, work: 'collect' }]);
  await assertNothingDead(repository);
  for (const point of await repository.livePoints()) await assertReadable(repository, point);
  return { violations: repository.violations, events };
}

async function perform(plan: Plan, program: ProgramContext): Promise<void> {
  const instanceId = `i-${plan.instance}` as InstanceId;
  switch (plan.work) {
    case 'backup-changed':
    case 'backup-allocated': {
      const mode = plan.work === 'backup-changed' ? 'changed' : 'allocated';
      await backUp(program, instanceId, mode, program.context.random.uuid() as SessionId);
      return;
    }
    case 'collect':
      await collect(program);
      return;
    case 'fence':
      await fenceOne(program);
      return;
    case 'remove':
      await removeOne(program, plan.which);
      return;
    case 'repack':
      await repackOne(program, instanceId);
      return;
    case 'damage':
      await damageOne(program);
      return;
    case 'repair':
      await repairOne(program, instanceId);
      return;
    case 'rotate':
      await rotateKeys(program);
      return;
    case 'days':
      program.repository.pass(passedDays[plan.which]);
  }
}

async function registered(repository: SimulatedRepository): Promise<number> {
  return (await Array.fromAsync(repository.disk.list('sessions/'))).length;
}

/** Fences whoever is still open, and heals what was damaged. */
function finalRepairs(openSessions: number): readonly Plan[] {
  const plan = (work: Plan['work']): Plan => ({ ...steadily, work });
  return [
    ...Array.from({ length: openSessions }, () => plan('fence')),
    plan('repair'),
    { ...plan('repair'), instance: 1 },
  ];
}

async function assertNothingDead(repository: SimulatedRepository): Promise<void> {
  const packs = new Set<string>();
  const sessions = new Set<string>();
  for (const point of await repository.livePoints()) {
    const needs = await repository.needsOf(point);
    for (const pack of needs.packs) packs.add(pack);
    for (const session of needs.sessions) sessions.add(session);
  }
  let generations = 0;
  let slotTables = 0;
  const inUse = await repository.relocationsInUse();
  for await (const { key } of repository.disk.list('')) {
    const session = parseSessionKeyKey(key);
    const isDead =
      (parsePackKey(key) !== null && !packs.has(key)) ||
      (session !== null && !sessions.has(session)) ||
      key.startsWith('control/') ||
      key.startsWith('sessions/');
    const isUseless =
      (key.startsWith('relocations/') && !inUse.has(key)) || (await repository.isUnclaimed(key));
    if (isDead || isUseless) repository.violations.push(`${key} is dead and stays`);
    if (key.startsWith('gc/')) generations += 1;
    if (key.startsWith('slots/')) slotTables += 1;
    if (key.endsWith('.removed') && (await repository.disk.head(manifestOf(key))) !== null) {
      repository.violations.push(`${key} has its manifest still beside it`);
    }
  }
  if (slotTables !== 1) repository.violations.push(`${slotTables} tables of key slots stay`);
  if (generations > 1) repository.violations.push(`${generations} generations stay`);
}

function manifestOf(markKey: string): Parameters<SimulatedRepository['disk']['head']>[0] {
  return markKey.slice(0, -'.removed'.length) as ReturnType<typeof manifestOf>;
}

/** Reads every block of the point and compares it with what the instance held. */
async function assertReadable(repository: SimulatedRepository, point: MadePoint): Promise<void> {
  const { direct, violations } = repository;
  const slot = await direct.catalog.slotOf(point.instanceId, point.pointId);
  if (slot.kind !== 'point') return;
  const reader = new StrataPointReader(direct, await direct.catalog.current(slot.point));
  for (const [number, volume] of simulatedVolumes.entries()) {
    for (const index of volume.places) {
      const data = point.content[number]?.get(index);
      const expected = data === undefined ? null : blockBytes(volume, index, data);
      const found = await reader
        .readBlock(volume.volumeId, index satisfies BlockIndex)
        .catch((error: unknown) => String(error));
      if (typeof found === 'string') {
        violations.push(`${point.pointId} ${volume.volumeId} block ${index}: ${found}`);
      } else if (expected === null || Buffer.compare(found, expected) !== 0) {
        violations.push(`${point.pointId} ${volume.volumeId} block ${index} has another content`);
      }
    }
  }
}
