import type { ProcessRun } from './run-process.ts';

/** How often memory is looked at where nothing else is measured. */
export const memorySampling = { sampleEveryMs: 50 };

/** Prints what a command took, and remembers who took more than the limit. */
export class MemoryLimit {
  readonly #beyond: string[] = [];
  readonly #maxBytes: number;

  /** Default: 300 MB, which engine and worker together may take, whatever they work on. */
  constructor(maxBytes = 300_000_000) {
    this.#maxBytes = maxBytes;
  }

  tell(bench: string, work: string, { seconds, peakMib }: ProcessRun, more: object = {}): void {
    const peakBytes = peakMib * 1024 ** 2;
    const peakMb = Math.round(peakBytes / 1e6);
    console.log(
      JSON.stringify({ bench, work, seconds: Number(seconds.toFixed(2)), peakMb, ...more }),
    );
    if (peakBytes > this.#maxBytes) this.#beyond.push(`${work}: ${peakMb} MB`);
  }

  /** @throws when anything took more */
  require(): void {
    if (this.#beyond.length === 0) return;
    throw new Error(`more than ${this.#maxBytes / 1e6} MB: ${this.#beyond.join('; ')}`);
  }
}
