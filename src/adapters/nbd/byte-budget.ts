/** Room for so many bytes, which those who need some wait for in turn. */
export class ByteBudget {
  #left: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** @returns what gives the room back. Nobody takes more than there is in all. */
  async take(bytes: number): Promise<() => void> {
    if (this.#waiting.length > 0 || bytes > this.#left) {
      await new Promise<void>((go) => this.#waiting.push({ bytes, go }));
    } else {
      this.#left -= bytes;
    }
    return () => {
      this.#left += bytes;
      this.#serve();
    };
  }

  #serve(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || next.bytes > this.#left) return;
      this.#left -= next.bytes;
      this.#waiting.shift();
      next.go();
    }
  }
}
