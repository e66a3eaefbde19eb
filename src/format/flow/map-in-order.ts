import { abortable } from './abortable.ts';

export interface MapInOrderOptions<Input, Output> {
  readonly source: AsyncIterable<Input>;
  /** Begins the work for one input. */
  readonly perform: (input: Input) => Promise<Output>;
  /** Inputs taken from the source whose outputs were not yet asked for. */
  readonly inFlightMax: number;
  readonly signal: AbortSignal;
}

/**
 * Works on several inputs at a time, and yields the outputs in the order of the inputs. An error
 * of `perform` is thrown in the turn of its input; what is in flight then goes on unobserved.
 *
 * @throws what `source` or `perform` threw; the signal's reason as soon as it aborts.
 */
export async function* mapInOrder<Input, Output>(
  options: MapInOrderOptions<Input, Output>,
): AsyncGenerator<Output, void> {
  const { perform, inFlightMax, signal } = options;
  const source = options.source[Symbol.asyncIterator]();
  const inFlight: Promise<Output>[] = [];
  let sourceEnded = false;
  for (;;) {
    while (!sourceEnded && inFlight.length < inFlightMax) {
      const next = await abortable(source.next(), signal);
      if (next.done === true) {
        sourceEnded = true;
        break;
      }
      const output = perform(next.value);
      // Its error is thrown in its turn; until then it must not end the process.
      output.catch(() => undefined);
      inFlight.push(output);
    }
    const oldest = inFlight.shift();
    if (oldest === undefined) return;
    yield await abortable(oldest, signal);
  }
}
