import type { TimestampMs } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { printable } from './printable.ts';

/** In a pipe a line comes at most so often: logs are to stay short. */
const lineIntervalMs = 5000;
/** A terminal is redrawn at most so often: more cannot be seen. */
const redrawIntervalMs = 100;

/** Back to the begin of the line, and what is on it away. */
const clearLine = '\r\u001b[K';

/** One state of something that goes on for a while. */
export interface Status {
  /** For the terminal, where it is redrawn. */
  readonly drawn: string;
  /** For a pipe, where it is a line of its own. */
  readonly written: string;
  readonly at: TimestampMs;
  /** The last state is always shown, the others now and then. */
  readonly stage: 'under-way' | 'last';
}

/** What is going on, on stderr: one redrawn line on a terminal, lines at intervals in a pipe. */
export class StatusLine {
  readonly #context: CliContext;
  #shownAt: TimestampMs | null = null;
  /** True while the cursor is behind a drawn state. */
  #open = false;

  constructor(context: CliContext) {
    this.#context = context;
  }

  async show({ drawn, written, at, stage }: Status): Promise<void> {
    const { stderr, outputFormat } = this.#context;
    if (outputFormat === 'json') return;
    const intervalMs = stderr.isTerminal ? redrawIntervalMs : lineIntervalMs;
    const due = this.#shownAt === null || at - this.#shownAt >= intervalMs;
    if (!due && stage === 'under-way') return;
    this.#shownAt = at;
    this.#open = stderr.isTerminal;
    // One column less than there are: a full line would wrap, and could not be redrawn.
    const line = printable(drawn).slice(0, stderr.columns - 1);
    await stderr.write(stderr.isTerminal ? clearLine + line : `${printable(written)}\n`);
  }

  /** A line that stays, below the last state. */
  async note(text: string): Promise<void> {
    if (this.#context.outputFormat === 'json') return;
    const before = this.#open ? '\n' : '';
    this.#open = false;
    await this.#context.stderr.write(`${before}${printable(text)}\n`);
  }

  /** Before something else is written: the last state stays where it is, or goes away. */
  async end(last: 'keep' | 'clear'): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#context.stderr.write(last === 'keep' ? '\n' : clearLine);
  }
}
