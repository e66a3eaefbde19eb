/** Stands in for `node:test` in a mutation run: collects the tests, so that they can be run again. */
export interface CollectedTest {
  readonly name: string;
  readonly run: () => unknown;
}

const suites: string[] = [];
const collected: CollectedTest[] = [];

/** All tests of the files that were imported, in their order. */
export const collectedTests: readonly CollectedTest[] = collected;

export function describe(name: string, suite: () => void): void {
  suites.push(name);
  suite();
  suites.pop();
}

export function it(name: string, run: () => unknown): void {
  collected.push({ name: [...suites, name].join(' > '), run });
}
