/**
 * What the suite needs of a test runner. The functions of `node:test` fit as they are; those of
 * another runner fit when they do the same under these names.
 */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, test: () => Promise<void>) => unknown;
  readonly before: (prepare: () => Promise<void>) => unknown;
  readonly beforeEach: (prepare: () => Promise<void>) => unknown;
}
