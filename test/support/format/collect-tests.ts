import type { TestRunner } from '../../../src/conformance/test-runner.ts';

/** What became of one test. */
export interface TestOutcome {
  /** With the names of its groups before it. */
  readonly name: string;
  readonly error: Error | null;
}

type Step = () => Promise<void>;

/** A runner that keeps the tests, to run those that are wanted later. */
export class CollectedTests {
  readonly runner: TestRunner;
  readonly #tests: { readonly name: string; readonly run: Step }[] = [];

  constructor() {
    const names: string[] = [];
    let prepareOnce: Step[] = [];
    let prepareEach: Step[] = [];
    this.runner = {
      describe: (name, define) => {
        const outer = [prepareOnce, prepareEach] as const;
        [prepareOnce, prepareEach] = [[...prepareOnce], [...prepareEach]];
        names.push(name);
        define();
        names.pop();
        [prepareOnce, prepareEach] = outer;
      },
      before: (prepare) => prepareOnce.push(once(prepare)),
      beforeEach: (prepare) => prepareEach.push(prepare),
      it: (name, test) => {
        const steps = [...prepareOnce, ...prepareEach, test];
        const run = async (): Promise<void> => {
          for (const step of steps) await step();
        };
        this.#tests.push({ name: [...names, name].join(': '), run });
      },
    };
  }

  /** Runs those whose names match, one after the other. */
  async run(wanted: RegExp): Promise<readonly TestOutcome[]> {
    const outcomes: TestOutcome[] = [];
    for (const { name, run } of this.#tests) {
      if (!wanted.test(name)) continue;
      const error = await run().then(
        () => null,
        (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
      );
      outcomes.push({ name, error });
    }
    return outcomes;
  }
}

function once(prepare: Step): Step {
  let done: Promise<void> | null = null;
  return () => (done ??= prepare());
}
