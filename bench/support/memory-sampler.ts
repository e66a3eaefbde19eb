import { readdirSync, readFileSync } from 'node:fs';

/** Each look costs some milliseconds of a processor that the measured program is using. */
export const usualSampleEveryMs = 250;

/**
 * Samples, from /proc, the memory of a process and of all that belong to it: their proportional
 * set size, in which a page that several of them share (the program text of Node) counts once.
 */
export class MemorySampler {
  readonly #root: number;
  readonly #belongs: string | undefined;
  readonly #timer: NodeJS.Timeout;
  #peakKib = 0;

  constructor(root: number, belongs: string | undefined, sampleEveryMs: number) {
    this.#root = root;
    this.#belongs = belongs;
    this.#timer = setInterval(() => {
      this.#sample();
    }, sampleEveryMs);
  }

  /** Ends the sampling. @returns the highest sum seen, in MiB */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peakKib / 1024;
  }

  #sample(): void {
    this.#peakKib = Math.max(this.#peakKib, this.#sampleKib());
  }

  #sampleKib(): number {
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const parents = new Map(processes.map((pid) => [Number(pid), parentOf(pid)]));
    const isOurs = (pid: number): boolean => {
      for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
        if (at === this.#root) return true;
      }
      return this.#belongs !== undefined && commandLineOf(pid).includes(this.#belongs);
    };
    return [...parents.keys()]
      .filter((pid) => pid !== process.pid && isOurs(pid))
      .reduce((sum, pid) => sum + proportionalKibOf(pid), 0);
  }
}

function parentOf(pid: string): number | undefined {
  const stat = contentOf(`/proc/${pid}/stat`);
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return Number.isNaN(parent) ? undefined : parent;
}

function commandLineOf(pid: number): string {
  return contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function proportionalKibOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(contentOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty when the process has ended meanwhile. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
