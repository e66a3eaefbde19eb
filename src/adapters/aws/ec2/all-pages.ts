import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** A listing of more pages than this does not end: 1000 pages of 500 are 500 000 entries. */
const pagesMax = 1_000;

/**
 * All entries of a listing. A page may be empty and not the last: only a missing token ends it.
 *
 * @throws LIMIT_EXCEEDED, and what `read` throws
 */
export async function allPages<Item>(
  read: (nextToken: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { items: found, nextToken: next } = await read(nextToken);
    items.push(...found);
    if (next === undefined || next === '') return items;
    nextToken = next;
  }
  throw new SnapledgerError('LIMIT_EXCEEDED', `a listing of EC2 has more than ${pagesMax} pages`, {
    remedy: 'Remove what is not needed in this account and region.',
  });
}
