import type { TransferFormat } from './worker-world.ts';

/**
 * The storage formats that a worker knows. Each is loaded only when a job names it, and only its
 * worker's side: the engine's side would double the time that loading takes.
 */
const formats: ReadonlyMap<string, () => Promise<TransferFormat>> = new Map([
  [
    'strata',
    async () => {
      const transfer = await import('../format/strata/transfer/open-strata-transfer.ts');
      return { openTransfer: transfer.openStrataTransfer };
    },
  ],
]);

/** Null when no format has this name. */
export async function loadFormat(name: string): Promise<TransferFormat | null> {
  return (await formats.get(name)?.()) ?? null;
}
