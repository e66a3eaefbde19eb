/** Wakes those who follow a session whenever something was recorded, and when it has ended. */
export class SessionFeed {
  #waiters: (() => void)[] = [];
  #version = 0;
  #isOver = false;

  get version(): number {
    return this.#version;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something was recorded. */
  notify(): void {
    this.#version += 1;
    this.#wake();
  }

  /** Nothing more will be recorded by this engine. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Resolves as soon as something was recorded after `version`, or the session has ended. */
  changedSince(version: number): Promise<void> {
    if (this.#version !== version || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
