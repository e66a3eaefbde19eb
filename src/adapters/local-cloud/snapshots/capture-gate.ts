import { localCloudLimits } from '../local-cloud-limits.ts';

/** Lets only a few captures run at once in this process; the others wait their turn. */
export class CaptureGate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<T>(capture: () => Promise<T>): Promise<T> {
    while (this.#running >= localCloudLimits.capturesAtOnceMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await capture();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
