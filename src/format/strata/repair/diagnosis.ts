import { blockLengthBytes } from '../../../domain/block-size.ts';
import type { RepairCounts, RepairOptions } from '../../repairer.ts';
import { recordIdOf } from '../keys/record-id.ts';
import { isSameEntry } from '../map/map-node.ts';
import { recordName, type RecordRef } from '../map/record-ref.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import { readBlockIfSound } from '../point/read-block-record.ts';
import type { RelocationChoice } from '../relocate/rewrite-points.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { type DamagedBlock, type DamagedNode, DamageSurvey } from './damage-survey.ts';
import { Copies, findCopies } from './find-copies.ts';
import { healNodes } from './heal-nodes.ts';
import { NodeSource } from './node-source.ts';

type Origin = 'copy' | 'elsewhere';

/** What is damaged of some points, and where what it held can be had. */
export class Diagnosis {
  readonly #context: RepositoryContext;
  readonly #options: RepairOptions;
  readonly #survey: DamageSurvey;
  readonly #nodes: NodeSource;
  readonly #copies: Copies;
  readonly #origins = new Map<string, Origin>();

  private constructor(
    context: RepositoryContext,
    options: RepairOptions,
    found: {
      readonly survey: DamageSurvey;
      readonly nodes: NodeSource;
      readonly copies: Copies;
    },
  ) {
    this.#context = context;
    this.#options = options;
    this.#survey = found.survey;
    this.#nodes = found.nodes;
    this.#copies = found.copies;
  }

  /** @throws OBJECT_CORRUPT when it is unknown where maps begin, and the signal's reason */
  static async of(
    context: RepositoryContext,
    points: () => AsyncIterable<CurrentPoint>,
    options: RepairOptions,
  ): Promise<Diagnosis> {
    const { suspects, elsewhere, signal } = options;
    const nodes = new NodeSource(context.nodeReader);
    const survey = new DamageSurvey(context, nodes, { suspects, signal });
    for await (const point of points()) await survey.look(point);

    const tried = new Set<DamagedNode>();
    for (;;) {
      // What is below a node is only seen when that is healed.
      const fresh = [...survey.damage.nodes.values()].filter((node) => !tried.has(node));
      if (fresh.length === 0) break;
      for (const node of fresh) tried.add(node);
      await healNodes(context, fresh, nodes, { points, elsewhere, signal });
      for (const node of fresh) if (nodes.isHealed(node.ref)) await survey.lookBelow(node);
    }

    const copies = new Copies([...survey.damage.blocks.values()].map(({ ref }) => ref.id));
    await findCopies(context, { blocks: copies, nodes: new Copies([]) }, signal);
    return new Diagnosis(context, options, { survey, nodes, copies });
  }

  /** Looks for the content of each damaged block, so that the counts tell what can be had. */
  async tryAll(): Promise<void> {
    for (const block of this.#survey.damage.blocks.values()) {
      this.#options.signal?.throwIfAborted();
      await this.#contentOf(block);
    }
  }

  counts(): RepairCounts {
    const { blocks, nodes } = this.#survey.damage;
    const origins = [...this.#origins.values()];
    return {
      blocksDamaged: blocks.size,
      blocksFromCopies: origins.filter((origin) => origin === 'copy').length,
      blocksFromElsewhere: origins.filter((origin) => origin === 'elsewhere').length,
      mapPartsDamaged: nodes.size + this.#nodes.healedCount,
      mapPartsHealed: this.#nodes.healedCount,
      objectsSpoilt: this.#survey.spoiltPacks.size,
    };
  }

  /** What has to move so that nothing leads to what is damaged and can be had; null: nothing. */
  choice(): RelocationChoice | null {
    const { damage, spoiltPacks } = this.#survey;
    const nodes = this.#nodes;
    if (damage.blocks.size + nodes.healedCount + spoiltPacks.size === 0) return null;
    return {
      mustMove: (ref) =>
        spoiltPacks.has(ref.pack.key) || damage.blocks.has(recordName(ref)) || nodes.isHealed(ref),
      contentOf: async ({ ref, blockIndex }, { volume }) => {
        const damaged = damage.blocks.get(recordName(ref));
        if (damaged !== undefined) return await this.#contentOf(damaged);
        const lengthBytes = blockLengthBytes(volume.sizeBytes, blockIndex);
        return await readBlockIfSound(this.#context, ref, lengthBytes);
      },
      reader: { read: (...place) => nodes.readIfSound(...place) },
    };
  }

  async #contentOf({ ref, place }: DamagedBlock): Promise<Uint8Array | null> {
    const { lengthBytes } = place;
    for (const copy of this.#copies.of(ref.id)) {
      if (isSameEntry(copy, ref)) continue;
      const content = await readBlockIfSound(this.#context, copy, lengthBytes);
      if (content !== null) return this.#had(ref, 'copy', content);
    }
    for await (const content of this.#options.elsewhere(place)) {
      if (content.length !== lengthBytes || !this.#isContentOf(ref, content)) continue;
      return this.#had(ref, 'elsewhere', content);
    }
    return null;
  }

  /** Nothing is stored under an id that it does not have. */
  #isContentOf({ id }: RecordRef, content: Uint8Array): boolean {
    return Buffer.compare(recordIdOf(this.#context.keys.blockIdKey, content), id) === 0;
  }

  #had(ref: RecordRef, origin: Origin, content: Uint8Array): Uint8Array {
    this.#origins.set(recordName(ref), origin);
    return content;
  }
}
