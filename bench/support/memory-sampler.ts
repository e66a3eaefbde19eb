import { readdirSync, readFileSync } from 'node:fs';

const intervalMs = 20;
const pageBytes = 4096;

/** Samples, from /proc, the resident memory of a process and of all that belong to it. */
export class MemorySampler {
  readonly #root: number;
  readonly #belongs: string | undefined;
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  constructor(root: number, belongs: string | undefined) {
    this.#root = root;
    this.#belongs = belongs;
    this.#timer = setInterval(() => {
      this.#peakBytes = Math.max(this.#peakBytes, this.#residentBytes());
    }, intervalMs);
  }

  /** Ends the sampling. @returns the highest sum seen, in MiB */
  stop(): number {
    clearInterval(this.#timer);
    return this.#peakBytes / 1024 ** 2;
  }

  #residentBytes(): number {
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
      .reduce((sum, pid) => sum + residentBytesOf(pid), 0);
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

function residentBytesOf(pid: number): number {
  return Number(contentOf(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes;
}

/** Empty when the process has ended meanwhile. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
