import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';

/** What is neither recorded nor said of a launch, and the options that say it: all of it is asked for at once. */
export class Missing {
  readonly #what: string[] = [];
  readonly #options = new Set<string>();

  need(value: string | null, what: string, option: string): string {
    if (value !== null) return value;
    this.#what.push(what);
    this.#options.add(option);
    return '';
  }

  needSome(values: readonly string[], what: string, option: string): readonly string[] {
    if (values.length === 0) this.need(null, what, option);
    return values;
  }

  /** @throws INVALID_ARGUMENT when anything is */
  refuse(): void {
    if (this.#what.length === 0) return;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `what is recorded of the instance does not tell ${this.#what.join(', ')}`,
      { remedy: `Say it: ${[...this.#options].join(', ')}.` },
    );
  }
}
