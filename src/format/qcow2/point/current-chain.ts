import type { InstanceId } from '../../../domain/identifiers.ts';
import type { ChainImage } from '../image/image-chain.ts';
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
    this.#images ??= openChain(this.#context, this.#instanceId, this.#volume);
    return this.#images;
  }

  /** Whether they are others by now: then what was missing was removed because nobody needs it. */
  async hasChanged(): Promise<boolean> {
    const before = await this.images().catch(() => null);
    this.#images = null;
    if (before === null) return false;
    const now = await this.images();
    return (
      now.length !== before.length ||
      now.some(({ place }, number) => place !== before[number]?.place)
    );
  }
}
