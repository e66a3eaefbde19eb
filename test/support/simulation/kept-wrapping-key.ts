import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import { sensitiveWrappingKeyOf } from '../../../src/engine/sensitive/sensitive-key.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const kept = new WeakMap<SimulatedWorld, Uint8Array>();

/**
 * What seals the keys of sensitive fields in a world, as a vault keeps it whatever becomes of its
 * repository; any key in worlds that have none.
 *
 * @param repository default: nobody has needed the key before
 */
export async function keptWrappingKey(
  world: SimulatedWorld,
  repository?: () => Promise<Repository>,
): Promise<Uint8Array> {
  const known = kept.get(world);
  if (known !== undefined) return known;
  let key = new Uint8Array(32);
  try {
    if (repository !== undefined) {
      key = new Uint8Array(await sensitiveWrappingKeyOf(await repository()));
    }
  } catch (error) {
    if (!hasErrorCode(error, 'NOT_A_REPOSITORY')) throw error;
  }
  if (repository !== undefined) kept.set(world, key);
  return key;
}
