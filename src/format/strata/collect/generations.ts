import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { generationKey, generationsPrefix, parseGenerationKey } from '../object/object-keys.ts';
import { openRepositoryObject, sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { decodeGeneration, encodeGeneration, type Generation, noGeneration } from './generation.ts';

type GenerationContext = Pick<RepositoryContext, 'objectStore' | 'keys' | 'random'>;

/** A newer generation can replace the one that is being read; more than once in a row is rare. */
const readsMax = 16;

/**
 * The generation in force, read anew. Only the latest one counts, and it names everything that is
 * condemned.
 *
 * @throws OBJECT_CORRUPT
 */
export async function latestGeneration(
  context: Pick<GenerationContext, 'objectStore' | 'keys'>,
): Promise<Generation> {
  const { objectStore } = context;
  for (let read = 1; ; read += 1) {
    const number = await latestNumber(objectStore);
    if (number === 0) return noGeneration;
    const objectKey = generationKey(number);
    try {
      const bytes = await objectStore.get(objectKey);
      const { content } = await openRepositoryObject(context, {
        bytes,
        objectKey,
        kinds: ['generation'],
      });
      return decodeGeneration(content, number, { objectKey });
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND') || read >= readsMax) throw error;
    }
  }
}

/**
 * Makes a generation the one in force. It must follow the one that it was made from: otherwise
 * another collector was at work, and what this one has found out does not hold any more.
 *
 * @throws COLLECTION_OVERTAKEN
 */
export async function createGeneration(
  context: GenerationContext,
  generation: Generation,
): Promise<void> {
  const { objectStore } = context;
  const objectKey = generationKey(generation.number);
  const sealed = sealRepositoryObject(context, {
    kind: 'generation',
    objectKey,
    content: encodeGeneration(generation),
  });
  try {
    await objectStore.create(objectKey, sealed);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // It may be our own: a store that repeats a request whose answer was lost meets its own success.
    const there = await objectStore.get(objectKey).catch(() => null);
    if (there === null || Buffer.compare(there, sealed) !== 0) throw overtaken(error);
  }
  // The number is free again when it was used and later ones have replaced it.
  if ((await latestNumber(objectStore)) !== generation.number) throw overtaken();
}

/** Removes the generations before this one, which nobody reads any more. */
export async function removeOlderGenerations(
  { objectStore }: Pick<GenerationContext, 'objectStore'>,
  current: number,
): Promise<void> {
  for await (const { key } of objectStore.list(generationsPrefix)) {
    const number = parseGenerationKey(key);
    if (number !== null && number < current) await objectStore.delete(key);
  }
}

/**
 * The generation from which a collector goes on. One that cannot be read any more says nothing: the
 * collector condemns anew, and awaits everybody who is open then.
 */
export async function generationToFollow(
  context: Pick<GenerationContext, 'objectStore' | 'keys'>,
): Promise<{ readonly generation: Generation; readonly condition: 'sound' | 'damaged' }> {
  try {
    return { generation: await latestGeneration(context), condition: 'sound' };
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    const number = await latestNumber(context.objectStore);
    return { generation: { number, batches: [] }, condition: 'damaged' };
  }
}

async function latestNumber(objectStore: GenerationContext['objectStore']): Promise<number> {
  let latest = 0;
  for await (const { key } of objectStore.list(generationsPrefix)) {
    latest = Math.max(latest, parseGenerationKey(key) ?? 0);
  }
  return latest;
}

function overtaken(cause?: unknown): SnapledgerError {
  return new SnapledgerError('COLLECTION_OVERTAKEN', 'another collector was faster', {
    retry: 'retryable',
    cause,
    remedy: 'Nothing needed was removed; try again when the other one has ended.',
  });
}
