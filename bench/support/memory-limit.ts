import type { ProcessRun } from './run-process.ts';

/** What engine and worker together may take, whatever they work on: 300 MB. */
const memoryMaxBytes = 300_000_000;

/** How often memory is looked at where nothing else is measured. */
export const memorySampling = { sampleEveryMs: 50 };

/** Prints what a command took, and remembers who took more than the limit. */
export class MemoryLimit {
  readonly #beyond: string[] = [];

  tell(bench: string, work: string, { seconds, peakMib }: ProcessRun, more: object = {}): void {
    const peakBytes = peakMib * 1024 ** 2;
    const peakMb = Math.round(peakBytes / 1e6);
    console.log(
      JSON.stringify({ bench, work, seconds: Number(seconds.toFixed(2)), peakMb, ...more }),
    );
    if (peakBytes > memoryMaxBytes) this.#beyond.push(`${work}: ${peakMb} MB`);
  }

  /** @throws when anything took more */
  require(): void {
    if (this.#beyond.length === 0) return;
    throw new Error(`more than ${memoryMaxBytes / 1e6} MB: ${this.#beyond.join('; ')}`);
  }
}
