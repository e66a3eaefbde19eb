/** Stands in for `node:test` in a mutation run: collects the tests, so that they can be run again. */
export interface CollectedTest {
  readonly name: string;
  /** The suites that it is in, outermost first. */
  readonly suites: readonly string[];
  readonly run: () => unknown;
}

let entered: readonly string[] = [];
let collected: CollectedTest[] = [];
let watch: (suite: string | undefined) => void = () => undefined;

/** Whom to tell which suite's own code is running; `undefined`: that of none. */
export function watchSuites(watcher: (suite: string | undefined) => void): void {
  watch = watcher;
}

/** All tests of the files that were imported since this was asked last, in their order. */
export function takeTests(): readonly CollectedTest[] {
  const taken = collected;
  collected = [];
  return taken;
}

export function describe(name: string, suite: () => void): void {
  const outer = entered;
  entered = [...outer, [...outer.slice(-1), name].join(' > ')];
  watch(entered.at(-1));
  try {
    suite();
  } finally {
    entered = outer;
    watch(entered.at(-1));
  }
}

export function it(name: string, run: () => unknown): void {
  collected.push({ name: [...entered.slice(-1), name].join(' > '), suites: entered, run });
}
