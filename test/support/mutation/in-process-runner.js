import { glob } from 'node:fs/promises';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { takeTests, watchSuites } from './collected-tests.ts';
import { importAnew } from './fresh-modules.ts';
import './quick-properties.ts';

// JavaScript, because Stryker's own type declarations do not compile under this project's options.

/** What the changed code reads and writes: which change is in force, and what was reached. */
const context = {
  activeMutant: undefined,
  currentTestId: undefined,
  hitCount: undefined,
  hitLimit: undefined,
  mutantCoverage: undefined,
};
Object.assign(globalThis, { __stryker__: context });

// What the code of a suite reaches outside of its tests belongs to all of them, and to no others.
watchSuites((suite) => {
  context.currentTestId = suite;
});

/**
 * Runs the tests in one process, for one change after the other, with all modules of the project
 * loaded anew each time: a change costs what its tests cost, not the start of a process, and meets
 * no state that the one before has left.
 */
class InProcessRunner {
  #patterns;
  /** How long tests took that passed: the quick ones go first, because one that fails is enough. */
  #durationsMs = new Map();

  constructor(patterns) {
    this.#patterns = patterns;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun({ testFiles = [] }) {
    if (testFiles.length > 0) {
      const errorMessage = 'Name test files by SNAPLEDGER_MUTATION_TESTS, not by --testFiles.';
      return { status: DryRunStatus.Error, errorMessage };
    }
    const loaded = await this.#load();
    if ('problem' in loaded) return { status: DryRunStatus.Error, errorMessage: loaded.problem };
    const tests = await this.#run(loaded.tests, () => false);
    const suites = new Set(loaded.tests.flatMap((test) => test.suites));
    return {
      status: DryRunStatus.Complete,
      tests: [...[...suites].map((name) => resultOf(name, 0, null)), ...tests],
      mutantCoverage: context.mutantCoverage,
    };
  }

  async mutantRun({ activeMutant, hitLimit, testFilter }) {
    context.hitLimit = hitLimit;
    context.hitCount = hitLimit === undefined ? undefined : 0;
    context.activeMutant = activeMutant.id;
    const tests = await this.#results(testFilter);
    context.activeMutant = undefined;
    const limit = determineHitLimitReached(context.hitCount, hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }

  async #results(testFilter) {
    const loaded = await this.#load();
    if ('problem' in loaded) return [resultOf('the test files can be loaded', 0, loaded.problem)];
    const reaching = loaded.tests.filter(
      ({ name, suites }) =>
        testFilter === undefined || [name, ...suites].some((id) => testFilter.includes(id)),
    );
    const durationMs = ({ name }) => this.#durationsMs.get(name) ?? 0;
    const quickFirst = reaching.toSorted((a, b) => durationMs(a) - durationMs(b));
    return this.#run(quickFirst, ({ status }) => status === TestStatus.Failed);
  }

  async #load() {
    const files = await Array.fromAsync(glob(this.#patterns));
    const problem = await failureOf(() => importAnew(files));
    const tests = takeTests();
    return problem === null ? { tests } : { problem };
  }

  /** The results of the tests one after the other, up to the first that is to be the last. */
  async #run(tests, isLast) {
    const results = [];
    for (const { name, run } of tests) {
      context.currentTestId = name;
      const begin = performance.now();
      const problem = await failureOf(run);
      const durationMs = performance.now() - begin;
      if (problem === null) this.#durationsMs.set(name, durationMs);
      const result = resultOf(name, durationMs, problem);
      results.push(result);
      if (isLast(result)) break;
    }
    context.currentTestId = undefined;
    return results;
  }
}

function resultOf(name, timeSpentMs, problem) {
  const outcome =
    problem === null
      ? { status: TestStatus.Success }
      : { status: TestStatus.Failed, failureMessage: problem };
  return { id: name, name, timeSpentMs, ...outcome };
}

async function failureOf(run) {
  try {
    await run();
    return null;
  } catch (error) {
    return String(error);
  }
}

function createRunner() {
  const named = process.env['SNAPLEDGER_MUTATION_TESTS'] ?? 'test/domain/**/*.test.ts';
  return new InProcessRunner(named.split(' '));
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner),
];
