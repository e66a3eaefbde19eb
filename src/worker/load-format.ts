import type { TransferFormat } from './worker-world.ts';

/**
 * The storage formats that a worker knows. Only the one that is wanted is loaded, and only its
 * worker's side: the engine's side would double the time that loading takes.
 */
const formats: ReadonlyMap<string, () => Promise<TransferFormat>> = new Map([
  [
    'strata',
    async () => {
      const transfer = await import('../format/strata/transfer/prepare-strata-transfer.ts');
      return { prepareTransfer: transfer.prepareStrataTransfer };
    },
  ],
]);

/** Null when no format has this name. */
export async function loadFormat(name: string): Promise<TransferFormat | null> {
  return (await formats.get(name)?.()) ?? null;
}
