import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { GoldenObjects, GoldenReaders } from './golden-readers.ts';
import {
  type ExpectedContent,
  type GoldenName,
  readExpected,
  readGoldenObjects,
} from './golden-repository.ts';
import { observeDamage, type ObservedDamage } from './observed-damage.ts';

/** How a damaged repository differs from the golden one that it was. */
export interface GoldenDamage {
  readonly of: GoldenName;
  readonly removed?: readonly string[];
  readonly cut?: readonly { readonly key: string; readonly lengthBytes: number }[];
  /** Bytes in hexadecimal that are in this place. */
  readonly patched?: readonly {
    readonly key: string;
    readonly offset: number;
    readonly bytes: string;
  }[];
  /** Objects that have what the golden one has at another key. */
  readonly put?: readonly { readonly key: string; readonly contentOf: string }[];
}

/** What is to become of it for ever. Of points and volumes that are not named: as in the golden one. */
export interface DamageOutcome {
  /** Objects that a deep verification names, and those of points that should be there. */
  readonly named: readonly string[];
  readonly namedBySecond: readonly string[];
  readonly hurt: HurtPoints;
  readonly hurtOfSecond: HurtPoints;
}

/** By the keys of points and the ids of volumes, what is read of them; null: the point cannot be opened. */
type HurtPoints = ObservedDamage['restored'];

export interface DamagedFixture {
  readonly about: string;
  readonly damage: GoldenDamage;
  readonly outcome: DamageOutcome;
}

export const damagedFolder = fileURLToPath(new URL('../../fixtures/damaged/', import.meta.url));

export async function readDamagedFixtures(): Promise<readonly DamagedFixture[]> {
  const files = (await readdir(damagedFolder)).filter((file) => file.endsWith('.json'));
  return await Promise.all(
    files
      .toSorted()
      .map(
        async (file) =>
          JSON.parse(await readFile(`${damagedFolder}${file}`, 'utf8')) as DamagedFixture,
      ),
  );
}

/** The objects of the damaged repository. */
export async function damagedObjects(damage: GoldenDamage): Promise<GoldenObjects> {
  const golden = await readGoldenObjects(damage.of);
  const objects = new Map(golden);
  const at = (key: string): Buffer => {
    const bytes = golden.get(key);
    if (bytes === undefined) throw new Error(`${damage.of} has no ${key}`);
    return bytes;
  };
  for (const key of damage.removed ?? []) if (!objects.delete(key)) at(key);
  for (const { key, lengthBytes } of damage.cut ?? []) {
    objects.set(key, at(key).subarray(0, lengthBytes));
  }
  for (const { key, offset, bytes } of damage.patched ?? []) {
    const changed = Buffer.from(objects.get(key) ?? at(key));
    changed.write(bytes, offset, 'hex');
    objects.set(key, changed);
  }
  for (const { key, contentOf } of damage.put ?? []) objects.set(key, at(contentOf));
  return objects;
}

/** What becomes of it now. */
export async function outcomeOf(
  readers: GoldenReaders,
  damage: GoldenDamage,
): Promise<DamageOutcome> {
  const expected = await readExpected(damage.of);
  const objects = await damagedObjects(damage);
  const pointKeys = Object.keys(expected.points);
  const observed = await observeDamage(readers, objects, pointKeys);
  const keys = new Set([...(await readGoldenObjects(damage.of)).keys(), ...objects.keys()]);
  const isSaid = (key: string): boolean =>
    observed.second.some((message) =>
      new RegExp(`${RegExp.escape(key)}(?![.0-9a-z])`).test(message),
    );
  return {
    named: observed.named,
    namedBySecond: [...keys].filter(isSaid).toSorted(),
    hurt: hurtIn(observed.restored, expected),
    hurtOfSecond: hurtIn(observed.restoredBySecond, expected),
  };
}

function hurtIn(restored: HurtPoints, { points }: ExpectedContent): HurtPoints {
  const hurt: Record<string, HurtPoints[string]> = {};
  for (const [pointKey, volumes] of Object.entries(points)) {
    const found = restored[pointKey] ?? null;
    if (found === null) {
      hurt[pointKey] = null;
      continue;
    }
    const others = volumes.filter(
      ({ volumeId, blocks }) => found[volumeId]?.join() !== blocks.join(),
    );
    if (others.length === 0) continue;
    hurt[pointKey] = Object.fromEntries(
      others.map(({ volumeId }) => [volumeId, found[volumeId] ?? []]),
    );
  }
  return hurt;
}
