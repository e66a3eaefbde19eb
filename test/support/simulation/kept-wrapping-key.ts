import { sensitiveWrappingKeyOf } from '../../../src/engine/sensitive/sensitive-key.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const kept = new WeakMap<SimulatedWorld, Uint8Array>();

/**
 * What seals the keys of sensitive fields in a world, as a vault keeps it whatever becomes of its
 * repository.
 *
 * @param repository default: when nobody has needed the key before, any key will do
 */
export async function keptWrappingKey(
  world: SimulatedWorld,
  repository?: () => Promise<Repository>,
): Promise<Uint8Array> {
  const known = kept.get(world);
  if (known !== undefined) return known;
  if (repository === undefined) return new Uint8Array(32);
  const key = await sensitiveWrappingKeyOf(await repository());
  kept.set(world, key);
  return key;
}
