import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { VolumeExchanges } from '../../ports/cloud/volume-exchanges.ts';
import type { ConfirmationPlan } from '../engine-requests.ts';
import type { ExchangedRestore } from './plan-undo.ts';
import type { RestoreSteps, StepOptions } from './restore-steps.ts';

/** How the volumes stand that a restore has kept. */
export async function planConfirmation(
  exchanges: VolumeExchanges,
  { sessionId, instanceId, exchange }: ExchangedRestore,
): Promise<ConfirmationPlan> {
  const ids = exchange.volumes.flatMap(({ kept }) => kept ?? []);
  const states = await exchanges.describe(ids);
  const kept = exchange.volumes.flatMap(({ device, kept: volumeId }) =>
    volumeId === null ? [] : [{ device, volumeId, state: states.get(volumeId) ?? 'gone' }],
  );
  return { sessionId, instanceId, kept };
}

/** @throws INVALID_ARGUMENT when there is nothing that could be removed */
export function requireKept({ sessionId, kept }: ConfirmationPlan): void {
  if (kept.some(({ state }) => state === 'free')) return;
  const states = kept.map(({ device, volumeId, state }) => `${volumeId} of ${device} is ${state}`);
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `restore ${sessionId} keeps nothing that could be removed${states.length === 0 ? '' : `: ${states.join(', ')}`}`,
    { remedy: 'What is gone was removed before; what is in use is back in its place.' },
  );
}

/** Removes what a restore has kept, and lets its new volumes be volumes like any other. */
export async function* confirmRestore(
  exchanges: VolumeExchanges,
  { sessionId: confirms, exchange }: ExchangedRestore,
  plan: ConfirmationPlan,
  { signal }: StepOptions,
): RestoreSteps {
  const { region } = exchange;
  const kept = plan.kept.filter(({ state }) => state === 'free').map(({ volumeId }) => volumeId);
  const placed = exchange.volumes.flatMap((one) => one.placed ?? []);
  // One that is in its place no more has given way in its turn: its mark is another restore's concern.
  const states = await exchanges.describe(placed);
  const released = placed.filter((volumeId) => states.get(volumeId) === 'in-use');
  yield [{ type: 'RestoreConfirmed', data: { region, confirms, kept, released } }];
  for (const volumeId of kept) {
    signal.throwIfAborted();
    // One that was attached since it was looked at is its user's.
    if ((await exchanges.removeKept(volumeId)) === 'in-use') continue;
    yield [{ type: 'KeptVolumeRemoved', data: { volumeId } }];
  }
  for (const volumeId of released) await exchanges.release(volumeId);
  return [];
}
