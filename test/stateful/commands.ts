import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PointId, SessionId } from '../../src/domain/identifiers.ts';
import { assertSame } from './assert-same.ts';
import {
  arbitraryBackup,
  type BackupOffers,
  type CommandOn,
  hourMs,
  hours,
  type StatefulCommand,
} from './back-up.ts';
import type { BackupFate } from './backup-fate.ts';
import { PlaceHold, ReleaseHold, SetExpiry } from './item-commands.ts';
import type { ModelInstance, ModelPolicy } from './model-instance.ts';
import { type FatefulInstance, policyId, type RealInstance, web } from './real-instance.ts';

const pauseHours = 25;

class SetPolicy implements StatefulCommand {
  readonly #policy: ModelPolicy;

  constructor(policy: ModelPolicy) {
    this.#policy = policy;
  }

  check({ isInCloud }: Readonly<ModelInstance>): boolean {
    return isInCloud;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    await real.setPolicy(this.#policy);
    model.policy = this.#policy;
    await assertSame(model, real);
  }

  toString(): string {
    return `set policy ${JSON.stringify(this.#policy)}`;
  }
}

class RemovePolicy implements StatefulCommand {
  check({ policy }: Readonly<ModelInstance>): boolean {
    return policy !== null;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    await real.engine.removePolicy(policyId);
    model.policy = null;
    await assertSame(model, real);
  }

  toString(): string {
    return 'remove the policy';
  }
}

class SetObsolete implements StatefulCommand {
  readonly #days: number | null;

  constructor(days: number | null) {
    this.#days = days;
  }

  check(): boolean {
    return true;
  }

  async run(model: ModelInstance, { engine }: RealInstance): Promise<void> {
    const amount = this.#days;
    await engine.setObsoleteRule(
      amount === null ? { kind: 'never' } : { kind: 'after', period: { amount, unit: 'days' } },
    );
    model.obsoleteDays = amount;
  }

  toString(): string {
    return `obsolete items go ${this.#days === null ? 'never' : `after ${this.#days} days`}`;
  }
}

class Maintain implements StatefulCommand {
  check({ commits, items, lastRetentionAt }: Readonly<ModelInstance>): boolean {
    return commits.length + items.length > 0 || lastRetentionAt !== null;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    const running = await real.engine.startMaintenance({ instanceId: web });
    await running.ended;
    await recordMaintenance(model, real, running.sessionId);
    await assertSame(model, real);
  }

  toString(): string {
    return 'apply retention';
  }
}

/** What is due by itself, and nothing else, is done, once. */
export class RunWhatIsDue implements StatefulCommand {
  check(): boolean {
    return true;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    const expected = new Set([isMaintenanceDue(model, real)]);
    const begun: { readonly sessionId: SessionId; readonly ended: Promise<unknown> }[] = [];
    await real.engine.runPolicies({
      until: 'none-due',
      onMaintenance: (session) => begun.push(session),
    });
    expected.add(isMaintenanceDue(model, real));
    assert.ok(expected.has(begun.length === 1), `${begun.length} sessions of maintenance began`);
    for (const { sessionId, ended } of begun) {
      await ended;
      real.happened.add('maintenance by itself');
      await recordMaintenance(model, real, sessionId);
    }
    await assertSame(model, real);
  }

  toString(): string {
    return 'run what is due';
  }
}

export class Wait implements StatefulCommand {
  readonly #hours: number;

  constructor(hours: number) {
    this.#hours = hours;
  }

  check(): boolean {
    return true;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    await real.wait(this.#hours * hourMs);
    await assertSame(model, real);
  }

  toString(): string {
    return `nothing runs for ${this.#hours} h`;
  }
}

class SetClocks implements StatefulCommand {
  readonly #hours: number;

  constructor(hours: number) {
    this.#hours = hours;
  }

  check(): boolean {
    return true;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    real.setClocks(this.#hours * hourMs);
    await assertSame(model, real);
  }

  toString(): string {
    return `clocks of engines are set ${this.#hours < 0 ? 'back' : 'forward'} by ${Math.abs(this.#hours)} h`;
  }
}

export class Write implements StatefulCommand {
  readonly #block: number;
  readonly #word: number;

  constructor(block: number, word: number) {
    this.#block = block;
    this.#word = word;
  }

  check({ isInCloud }: Readonly<ModelInstance>): boolean {
    return isInCloud;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    await real.write(this.#block, this.#word);
    model.disk = model.disk.with(this.#block, this.#word);
  }

  toString(): string {
    return `write ${this.#word} to block ${this.#block}`;
  }
}

/** The instance is terminated; what was made of it is still there. */
class Terminate implements StatefulCommand {
  check({ isInCloud, items }: Readonly<ModelInstance>): boolean {
    return isInCloud && items.length > 2;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    await real.terminate();
    model.isInCloud = false;
    await assertSame(model, real);
  }

  toString(): string {
    return 'the instance is terminated';
  }
}

/** Every stored point restores to what the disk was. */
export class RestoreAll implements StatefulCommand {
  check({ items }: Readonly<ModelInstance>): boolean {
    return items.some(({ kind }) => kind === 'restore-point');
  }

  async run({ items }: ModelInstance, real: RealInstance): Promise<void> {
    for (const { kind, id, content } of items) {
      if (kind === 'restore-point') await real.assertRestores(id as PointId, content);
    }
  }

  toString(): string {
    return 'restore every point';
  }
}

async function recordMaintenance(
  model: ModelInstance,
  real: RealInstance,
  sessionId: SessionId,
): Promise<void> {
  const state = await real.stateOf(sessionId);
  assert.equal(state.status, 'succeeded');
  assert.ok(state.retention?.decidedAt, 'maintenance decides');
  model.applyRetention(state.retention.decidedAt, sessionId);
}

function isMaintenanceDue(model: ModelInstance, real: RealInstance): boolean {
  const now = real.now();
  const { gone, leaving } = model.wouldGo(now, null);
  const { lastRetentionAt: last } = model;
  const hasRested = last === null || last > now || now - last >= pauseHours * hourMs;
  return gone.length + leaving.length > 0 && hasRested;
}

const place = fc.nat({ max: 12 });

export const arbitraryPolicy: fc.Arbitrary<ModelPolicy> = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  days: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
  image: fc.constantFrom('on', 'on', 'on', 'off'),
  cbt: fc.constantFrom('on', 'on', 'on', 'off'),
  baseMoves: fc.constantFrom('before-retention', 'after-retention'),
  replicas: fc.option(fc.integer({ min: 1, max: 2 }), { nil: null, freq: 2 }),
  points: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null, freq: 2 }),
});

const byAgeAlone = arbitraryPolicy.map((policy): ModelPolicy => ({
  ...policy,
  count: null,
  days: policy.days ?? 2,
}));

const write = fc
  .tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 99 }))
  .map(([block, word]) => new Write(block, word));

/** Backups most of all; the rest in between. */
export function arbitraryCommands<Fate extends BackupFate>(
  offers: BackupOffers<Fate>,
): fc.Arbitrary<Iterable<CommandOn<FatefulInstance<Fate>>>> {
  const backup = arbitraryBackup(offers);
  return fc.commands<ModelInstance, FatefulInstance<Fate>, false>(
    [
      backup,
      backup,
      backup,
      backup,
      fc.oneof(arbitraryPolicy, byAgeAlone).map((policy) => new SetPolicy(policy)),
      fc.integer({ min: 1, max: 60 }).map((many) => new Wait(many)),
      fc.integer({ min: 1, max: 60 }).map((many) => new Wait(many)),
      fc.constant(new RunWhatIsDue()),
      fc.constant(new RunWhatIsDue()),
      fc.tuple(place, hours).map(([item, many]) => new PlaceHold(item, many)),
      fc.tuple(place, hours).map(([item, many]) => new SetExpiry(item, many)),
      place.map((hold) => new ReleaseHold(hold)),
      write,
      write,
      fc.oneof(
        fc.constant(new Maintain()),
        fc.constant(new RemovePolicy()),
        fc
          .option(fc.integer({ min: 1, max: 6 }), { nil: null })
          .map((days) => new SetObsolete(days)),
        fc.integer({ min: -30, max: 30 }).map((many) => new SetClocks(many)),
        fc.constant(new Terminate()),
        fc.constant(new RestoreAll()),
      ),
    ],
    { maxCommands: 24, size: 'max' },
  );
}
