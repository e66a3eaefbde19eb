import type { InstanceId, PointId } from '../../../src/domain/identifiers.ts';
import type { VerifyFinding } from '../../../src/format/verification.ts';
import { verifyRepository } from '../../../tools/strata-reader/verify-repository.ts';
import {
  type GoldenObjects,
  type GoldenReaders,
  type PointReading,
  readWithProduct,
  readWithSecond,
} from './golden-readers.ts';

/** What a damaged copy of a golden repository gives, and what is said of it. */
export interface ObservedDamage {
  /** Objects that the product's deep verification names, or that hide a point which should be there. */
  readonly named: readonly string[];
  /** What the second reader says that is wrong. */
  readonly second: readonly string[];
  /** By the key of the point: its volumes block by block; null where the point cannot be opened. */
  readonly restored: Readonly<Record<string, Readonly<Record<string, readonly string[]>> | null>>;
  readonly restoredBySecond: ObservedDamage['restored'];
}

/** @param pointKeys the points that should be there */
export async function observeDamage(
  readers: GoldenReaders,
  objects: GoldenObjects,
  pointKeys: readonly string[],
): Promise<ObservedDamage> {
  const product = await readers.product(objects, 'caller');
  const named = new Set<string>();
  for await (const step of product.verify({ depth: 'deep' })) {
    if (isFinding(step)) named.add(step.objectKey);
  }
  const restored: Record<string, Readonly<Record<string, readonly string[]>> | null> = {};
  const restoredBySecond: typeof restored = {};
  for (const pointKey of pointKeys) {
    const [, instanceId = '', pointId = ''] = pointKey.split('/');
    const trace = await product.tracePoint(pointId as PointId, instanceId as InstanceId);
    if (trace.kind === 'missing') named.add(trace.objectKey);
    restored[pointKey] = listingsOf(await readWithProduct(product, pointKey));
    restoredBySecond[pointKey] = listingsOf(readWithSecond(readers.second(objects), pointKey));
  }
  const second = verifyRepository(readers.second(objects)).map(({ message }) => message);
  return { named: [...named].toSorted(), second, restored, restoredBySecond };
}

function isFinding(step: { readonly kind: string }): step is VerifyFinding {
  return step.kind === 'finding';
}

function listingsOf({
  volumes,
  complaint,
}: PointReading): Readonly<Record<string, readonly string[]>> | null {
  if (complaint !== null) return null;
  return Object.fromEntries(
    Object.entries(volumes).map(([volumeId, { blocks }]) => [volumeId, blocks]),
  );
}

/** Whether each block of a listing is as it is in the other, or said to be damaged. */
export function isRightOrDamaged(found: readonly string[], expected: readonly string[]): boolean {
  const states = statesOf(expected);
  const shown = statesOf(found);
  return (
    shown.size === states.size &&
    [...shown].every(([block, state]) => state === 'damaged' || state === states.get(block))
  );
}

/** The lines of a listing, `9-63 absent`, block by block. */
function statesOf(lines: readonly string[]): ReadonlyMap<number, string> {
  const states = new Map<number, string>();
  for (const line of lines) {
    const space = line.indexOf(' ');
    const [first = 0, last = first] = line.slice(0, space).split('-').map(Number);
    for (let block = first; block <= last; block += 1) states.set(block, line.slice(space + 1));
  }
  return states;
}
