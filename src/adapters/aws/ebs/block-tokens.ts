import { ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import type { EbsConnection } from './ebs-connection.ts';
import { unreliableList } from './ebs-error.ts';
import { listPages } from './list-pages.ts';

/** The tokens of a stretch of blocks; a block of it without a token is absent in the snapshot. */
interface TokenPage {
  readonly firstBlock: number;
  /** The first block that the page says nothing of. */
  readonly nextBlock: number;
  readonly tokens: ReadonlyMap<number, string>;
}

/** The tokens by which the blocks of a snapshot are read, listed as they are needed. */
export class BlockTokens {
  readonly #connection: EbsConnection;
  readonly #snapshotId: SnapshotId;
  /** The one that was listed last at the end. */
  #pages: readonly TokenPage[] = [];
  /** One list at a time: who waits for another one's page finds its own there as a rule. */
  #listing: Promise<unknown> = Promise.resolve();

  constructor(connection: EbsConnection, snapshotId: SnapshotId) {
    this.#connection = connection;
    this.#snapshotId = snapshotId;
  }

  /** Null for a block that is absent. @throws what the client throws */
  async find(block: number): Promise<string | null> {
    const known = this.#pageOf(block) ?? (await this.#listInTurn(block));
    return known.tokens.get(block) ?? null;
  }

  /** Forgets the tokens around a block: they hold for a week. */
  forget(block: number): void {
    this.#pages = this.#pages.filter((page) => !isOn(page, block));
  }

  async #listInTurn(block: number): Promise<TokenPage> {
    const listing = this.#listing.then(
      async () => this.#pageOf(block) ?? (await this.#list(block)),
    );
    // who comes next does not fail because this one did
    this.#listing = listing.catch(() => undefined);
    return await listing;
  }

  async #list(block: number): Promise<TokenPage> {
    const { client, limits } = this.#connection;
    const pages = listPages(this.#connection, block, async (start, abortSignal) => {
      const command = new ListSnapshotBlocksCommand({
        SnapshotId: this.#snapshotId,
        MaxResults: limits.pageBlocks,
        ...start,
      });
      const { Blocks, NextToken, BlockSize } = await client.send(command, { abortSignal });
      return { blocks: Blocks, blockSize: BlockSize, nextToken: NextToken };
    });
    for await (const { blocks, nextBlock } of pages) {
      const tokens = new Map(
        blocks.map(({ BlockIndex, BlockToken }) => {
          if (BlockToken === undefined) throw unreliableList('lists a block without a token');
          return [BlockIndex, BlockToken];
        }),
      );
      const page = { firstBlock: block, nextBlock, tokens };
      this.#pages = [...this.#pages, page].slice(-limits.tokenPagesMax);
      return page;
    }
    throw unreliableList('lists nothing, and no end');
  }

  #pageOf(block: number): TokenPage | undefined {
    return this.#pages.findLast((page) => isOn(page, block));
  }
}

function isOn({ firstBlock, nextBlock }: TokenPage, block: number): boolean {
  return block >= firstBlock && block < nextBlock;
}
