import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { EventStore, NewEvent } from '../../../src/ports/event-store.ts';

/** What becomes of one append; `lost-…` tells the caller LEDGER_UNAVAILABLE either way. */
export type AppendFate = 'works' | 'lost-before-writing' | 'lost-after-writing';

export interface FlakyEventStore extends EventStore {
  /** The events of every append that was tried. */
  readonly tried: readonly (readonly NewEvent[])[];
}

/** A store whose first appends meet these fates; later ones work. */
export function flakyEventStore(honest: EventStore, fates: readonly AppendFate[]): FlakyEventStore {
  const tried: (readonly NewEvent[])[] = [];
  return {
    tried,
    append: async (stream, expectedRevision, events) => {
      const fate = fates[tried.length] ?? 'works';
      tried.push(events);
      if (fate === 'lost-before-writing') throw unavailable();
      const result = await honest.append(stream, expectedRevision, events);
      if (fate === 'lost-after-writing') throw unavailable();
      return result;
    },
    readStream: (stream, options) => honest.readStream(stream, options),
    readAll: (options) => honest.readAll(options),
    subscribe: (options) => honest.subscribe(options),
    close: () => honest.close(),
  };
}

function unavailable(): SnapledgerError {
  return new SnapledgerError('LEDGER_UNAVAILABLE', 'the store did not answer in time', {
    retry: 'retryable',
    remedy: 'append the same events again',
  });
}
