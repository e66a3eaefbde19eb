import type { BlockIndex, InstanceId, SessionId } from '../../../../../src/domain/identifiers.ts';
import { deriveRepositoryKeys } from '../../../../../src/format/strata/keys/repository-keys.ts';
import type { RepositoryKeys } from '../../../../../src/format/strata/keys/repository-keys.ts';
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
    | 'repair';
  readonly instance: 0 | 1;
  readonly diesAt: number | null;
  readonly lastRequest: Program['lastRequest'];
  readonly sleeps: Program['sleeps'];
  /** Which point is removed. */
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
  readonly plans: readonly Plan[];
}

const keys: RepositoryKeys = deriveRepositoryKeys(
  [new Uint8Array(32).fill(7)],
  '00112233-4455-6677-8899-aabbccddeeff' as Parameters<typeof deriveRepositoryKeys>[1],
  0,
);

/**
 * Runs the scenario, and after it what an operator does in the end: every session that is open is
 * ended, and what is dead is collected. Gives what went wrong, and what happened.
 */
export async function runCollectionSimulation(scenario: Scenario): Promise<{
  readonly violations: readonly string[];
  readonly events: ReadonlyMap<string, number>;
}> {
  const prng = createSeededPrng(String(scenario.seed));
  const repository = new SimulatedRepository(keys, prng.fork('repository'));
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
    const context = repository.openedBy(program, turns);
    try {
      await perform(plan, { repository, context, prng: prng.fork(name), tell });
    } catch (error) {
      if (program.state === 'dead') tell('died');
      else repository.violations.push(`${name} failed: ${String(error)}`);
      if (program.state === 'alive' && error instanceof Died) throw error;
    }
  };
  await turns.run(scenario.plans.map(start), scenario.atOnceMax);
  await turns.run(
    finalPlans(await registered(repository)).map((plan, n) => start(plan, 1000 + n)),
    1,
  );
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
  }
}

async function registered(repository: SimulatedRepository): Promise<number> {
  return (await Array.fromAsync(repository.disk.list('sessions/'))).length;
}

/** Fences whoever is still open, heals what was damaged, and collects. */
function finalPlans(openSessions: number): readonly Plan[] {
  const plan = (work: Plan['work']): Plan => ({ ...steadily, work });
  return [
    ...Array.from({ length: openSessions }, () => plan('fence')),
    plan('repair'),
    { ...plan('repair'), instance: 1 },
    plan('collect'),
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
    if (key.endsWith('.removed') && (await repository.disk.head(manifestOf(key))) !== null) {
      repository.violations.push(`${key} has its manifest still beside it`);
    }
  }
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
