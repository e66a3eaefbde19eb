/**
 * Something in a repository that is not as docs/strata.md says.
 * The message names the object, or the place in it, and what is wrong with it.
 */
export class StrataDefect extends Error {
  readonly where: string;

  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
    this.name = 'StrataDefect';
    this.where = where;
  }
}

/** Gives what went wrong if it is a defect of the repository; anything else is thrown on. */
export function defectOf(thrown: unknown): StrataDefect {
  if (thrown instanceof StrataDefect) return thrown;
  throw thrown;
}
