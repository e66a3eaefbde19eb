import type { InstanceId } from '../../../domain/identifiers.ts';
import type { ChainImage } from '../image/image-chain.ts';
import { isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { openChain } from './open-chain.ts';
import type { ParentImage } from './stored-point.ts';

/** The images of a volume of a point; a merge may change which they are while they are read. */
export class CurrentChain {
  readonly #context: RepositoryContext;
  readonly #instanceId: InstanceId;
  readonly #volume: ParentImage;
  #images: Promise<readonly ChainImage[]> | null = null;

  constructor(context: RepositoryContext, instanceId: InstanceId, volume: ParentImage) {
    this.#context = context;
    this.#instanceId = instanceId;
    this.#volume = volume;
  }

  /** @throws OBJECT_CORRUPT */
  images(): Promise<readonly ChainImage[]> {
    return this.#images ?? this.#open();
  }

  /**
   * Whether they are others by now than those that were read: then what was missing was removed
   * because nobody needs it, and `images` gives those to go on with.
   */
  async hasChangedSince(read: readonly ChainImage[]): Promise<boolean> {
    try {
      // Of those who read at once, another may have looked already.
      return isOther(await this.images(), read) || isOther(await this.#open(), read);
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  #open(): Promise<readonly ChainImage[]> {
    const images = openChain(this.#context, this.#instanceId, this.#volume);
    this.#images = images;
    // A store that was unavailable once would be so for ever.
    images.catch(() => {
      if (this.#images === images) this.#images = null;
    });
    return images;
  }
}

function isOther(now: readonly ChainImage[], before: readonly ChainImage[]): boolean {
  return (
    now.length !== before.length || now.some(({ place }, number) => place !== before[number]?.place)
  );
}
