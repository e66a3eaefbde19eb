import { assert } from '../../domain/errors/assert.ts';
import type { DeviceName, Region, VolumeId } from '../../domain/identifiers.ts';
import { begunExchange } from '../../domain/restore-session/restore-session.ts';
import type { VolumeExchange } from '../../domain/restore-session/volume-exchange.ts';
import { type ExchangeWork, exchangeVolumes } from './exchange-steps.ts';
import type { RestoreSteps, StepOptions } from './restore-steps.ts';

export interface ToOriginal extends ExchangeWork {
  readonly region: Region;
  /** Each makes one new volume. */
  readonly makes: readonly ((options: StepOptions) => RestoreSteps)[];
  /** Which volumes give way to those that were made, as the instance is now. */
  readonly plan: (placed: ReadonlyMap<DeviceName, VolumeId>) => Promise<VolumeExchange>;
  /** Throws while anything else works on the instance. */
  readonly requireAlone: () => Promise<void>;
}

/** Makes new volumes while the instance goes on, and then lets its own give way to them. */
export async function* restoreOriginal(work: ToOriginal, options: StepOptions): RestoreSteps {
  yield [{ type: 'OriginalRestoreRequested', data: { region: work.region } }];
  const placed = new Map<DeviceName, VolumeId>();
  for (const make of work.makes) {
    for await (const events of make(options)) {
      for (const { type, data } of events) {
        if (type !== 'VolumeRestored') continue;
        assert(data.resourceId !== null, 'a volume in the cloud has an id');
        placed.set(data.device, data.resourceId as VolumeId);
      }
      yield events;
    }
  }
  options.signal.throwIfAborted();
  return yield* exchangeAlone(work, await work.plan(placed), options);
}

/** Announces the exchange before it looks whether it is alone: of two that do so at most one goes on. */
export async function* exchangeAlone(
  work: ExchangeWork & Pick<ToOriginal, 'requireAlone'>,
  exchange: VolumeExchange,
  { signal }: StepOptions,
): RestoreSteps {
  yield [{ type: 'VolumeExchangeRequested', data: exchange }];
  await work.requireAlone();
  return yield* exchangeVolumes(work, begunExchange(exchange), signal);
}
