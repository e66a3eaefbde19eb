import assert from 'node:assert/strict';
import type { HoldId, TimestampMs } from '../../src/domain/identifiers.ts';
import type { ItemRef } from '../../src/domain/retention/retention-plan.ts';
import { hourMs, type StatefulCommand } from './back-up.ts';
import type { ModelInstance, ModelItem } from './model-instance.ts';
import { type RealInstance, web } from './real-instance.ts';

export class PlaceHold implements StatefulCommand {
  readonly #place: number;
  readonly #hours: number | null;

  constructor(place: number, hours: number | null) {
    this.#place = place;
    this.#hours = hours;
  }

  check({ items }: Readonly<ModelInstance>): boolean {
    return items.length > 0;
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    const item = chosen(model.items, this.#place);
    const until = this.#hours === null ? null : real.now() + this.#hours * hourMs;
    const { holdId } = await real.engine.placeHold(
      { instanceId: web, item: refOf(item) },
      until === null
        ? { kind: 'legal-hold', note: '' }
        : { kind: 'lock', until: until as TimestampMs },
    );
    item.holds.push({ holdId, until });
  }

  toString(): string {
    return `hold item ${this.#place} ${this.#hours === null ? 'for law' : `for ${this.#hours} h`}`;
  }
}

export class ReleaseHold implements StatefulCommand {
  readonly #place: number;

  constructor(place: number) {
    this.#place = place;
  }

  check({ items }: Readonly<ModelInstance>): boolean {
    return legalHolds(items).length > 0;
  }

  async run(model: ModelInstance, { engine }: RealInstance): Promise<void> {
    const { item, hold } = chosen(legalHolds(model.items), this.#place);
    await engine.releaseHold(web, hold.holdId as HoldId);
    item.holds = item.holds.filter((other) => other !== hold);
  }

  toString(): string {
    return `release hold ${this.#place}`;
  }
}

export class SetExpiry implements StatefulCommand {
  readonly #place: number;
  readonly #hours: number | null;

  constructor(place: number, hours: number | null) {
    this.#place = place;
    this.#hours = hours;
  }

  check({ items }: Readonly<ModelInstance>): boolean {
    return items.some(({ isManual }) => isManual);
  }

  async run(model: ModelInstance, real: RealInstance): Promise<void> {
    const byHand = model.items.filter(({ isManual }) => isManual);
    const item = chosen(byHand, this.#place);
    const expiresAt = this.#hours === null ? null : real.now() + this.#hours * hourMs;
    await real.engine.setExpiry(
      { instanceId: web, item: refOf(item) },
      expiresAt as TimestampMs | null,
    );
    item.expiresAt = expiresAt;
  }

  toString(): string {
    return `item ${this.#place} by hand expires ${this.#hours === null ? 'never' : `in ${this.#hours} h`}`;
  }
}

function refOf({ kind, id }: ModelItem): ItemRef {
  return { kind, id } as ItemRef;
}

function legalHolds(
  items: readonly ModelItem[],
): readonly { readonly item: ModelItem; readonly hold: ModelItem['holds'][number] }[] {
  return items.flatMap((item) =>
    item.holds.filter(({ until }) => until === null).map((hold) => ({ item, hold })),
  );
}

function chosen<T>(from: readonly T[], place: number): T {
  const found = from[place % from.length];
  assert.ok(found !== undefined, 'there is something to choose from');
  return found;
}
