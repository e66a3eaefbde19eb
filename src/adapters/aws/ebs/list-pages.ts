import { blockSizeBytes } from '../../../domain/block-size.ts';
import { DamagedReply } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import type { EbsConnection } from './ebs-connection.ts';
import { ebsReasonOf, unreliableList } from './ebs-error.ts';

/** Where a page begins: at a block, or where the page before has ended. */
export type PageStart =
  | { readonly StartingBlockIndex: number; readonly NextToken?: never }
  | { readonly NextToken: string; readonly StartingBlockIndex?: never };

export interface ListedBlock {
  readonly BlockIndex?: number | undefined;
}

export interface BlockPage<Block extends ListedBlock> {
  readonly blocks: readonly (Block & { readonly BlockIndex: number })[];
  /** No block in the list comes after the page and before this one; Infinity: it was the last. */
  readonly nextBlock: number;
}

interface Reply<Block extends ListedBlock> {
  readonly blocks: readonly Block[] | undefined;
  readonly blockSize: number | undefined;
  readonly nextToken: string | undefined;
}

/**
 * A list of EBS direct from a block on, page by page, without the empty pages that stand for
 * stretches in which there is nothing. Only a page without a token is the last one. A token holds
 * for an hour; when it has expired the list is begun again behind the last block that was listed.
 *
 * @throws CHANGED_BLOCKS_UNAVAILABLE for a list that is not in order, does not end, or counts in
 *   blocks of another size; DamagedReply for a page without a list, and what the client throws
 */
export async function* listPages<Block extends ListedBlock>(
  { context, limits }: Pick<EbsConnection, 'context' | 'limits'>,
  firstBlock: number,
  ask: (start: PageStart, abortSignal: AbortSignal) => Promise<Reply<Block>>,
): AsyncGenerator<BlockPage<Block>> {
  let start: PageStart = { StartingBlockIndex: firstBlock };
  let fromBlock = firstBlock;
  let emptyPages = 0;
  let restarts = 0;
  for (;;) {
    const reply: Page<Block> | 'expired' = await askOnce(start);
    if (reply === 'expired') {
      restarts += 1;
      start = { StartingBlockIndex: fromBlock };
      continue;
    }
    const { blocks } = reply;
    assertInOrder(blocks, fromBlock);
    const last = blocks.at(-1);
    if (last === undefined) {
      emptyPages += 1;
    } else {
      emptyPages = 0;
      restarts = 0;
      fromBlock = last.BlockIndex + 1;
    }
    const isLast = reply.nextToken === undefined;
    if (last !== undefined || isLast) {
      yield { blocks, nextBlock: isLast ? Infinity : fromBlock };
    }
    if (reply.nextToken === undefined) return;
    if (emptyPages > limits.emptyPagesMax) throw unreliableList('lists no blocks, and no end');
    start = { NextToken: reply.nextToken };
  }

  async function askOnce(from: PageStart): Promise<Page<Block> | 'expired'> {
    try {
      return await retryCall(context, () =>
        withinLimit(context.clock, context.limits.callTimeoutMs, async (abortSignal) =>
          pageOf(await ask(from, abortSignal)),
        ),
      );
    } catch (error) {
      const isExpired = from.NextToken !== undefined && ebsReasonOf(error) === 'INVALID_PAGE_TOKEN';
      if (isExpired && restarts < limits.restartsMax) return 'expired';
      throw error;
    }
  }
}

type Page<Block extends ListedBlock> = Pick<Reply<Block>, 'nextToken'> & {
  readonly blocks: readonly Block[];
};

/** What lists nothing and says so is an empty page; what does not even say so is none. */
function pageOf<Block extends ListedBlock>(reply: Reply<Block>): Page<Block> {
  const { blocks, blockSize, nextToken } = reply;
  if (blocks === undefined) throw new DamagedReply('a list without blocks');
  if (blockSize !== blockSizeBytes) {
    throw unreliableList(`counts in blocks of ${String(blockSize)} bytes, not ${blockSizeBytes}`);
  }
  return { blocks, nextToken };
}

/** Says so of the blocks themselves: ten thousand copies for each page would be garbage at once. */
function assertInOrder<Block extends ListedBlock>(
  blocks: readonly Block[],
  fromBlock: number,
): asserts blocks is readonly (Block & { readonly BlockIndex: number })[] {
  let next = fromBlock;
  for (const { BlockIndex } of blocks) {
    if (BlockIndex === undefined || !Number.isSafeInteger(BlockIndex) || BlockIndex < next) {
      throw unreliableList(
        `lists block ${String(BlockIndex)} where ${next} or a later one follows`,
      );
    }
    next = BlockIndex + 1;
  }
}
