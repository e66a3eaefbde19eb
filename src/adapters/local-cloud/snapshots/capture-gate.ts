import { localCloudLimits } from '../local-cloud-limits.ts';

/** Lets only a few captures run at once in this process; the others wait their turn. */
export class CaptureGate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws the signal's reason when it aborts before it is the capture's turn */
  async run<T>(capture: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#running >= localCloudLimits.capturesAtOnceMax) await this.#nextTurn(signal);
    this.#running += 1;
    try {
      return await capture();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #nextTurn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let wake = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.push(wake);
    signal.addEventListener('abort', wake, { once: true });
    await turn;
    signal.removeEventListener('abort', wake);
    if (!signal.aborted) return;
    const place = this.#waiting.indexOf(wake);
    // It was this one's turn when it gave up: the next one has it.
    if (place === -1) this.#waiting.shift()?.();
    else this.#waiting.splice(place, 1);
    signal.throwIfAborted();
  }
}
