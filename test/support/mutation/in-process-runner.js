import { glob } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commonTokens, declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { collectedTests } from './collected-tests.ts';
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

const collector = new URL('collected-tests.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, resolution, next) =>
    specifier === 'node:test'
      ? { url: collector, shortCircuit: true }
      : next(specifier, resolution),
});

/**
 * Runs the tests of all files in one process, and again for the next change: a change costs what
 * its tests cost, not the start of a process. For what a module computes when it is loaded, Stryker
 * makes a process of its own. State that a module keeps from one test to the next (a cache) is
 * there for the next change too: such a module is to be run with `--testRunner tap`.
 */
class InProcessRunner {
  #patterns;
  #isLoaded = false;

  constructor(patterns) {
    this.#patterns = patterns;
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async dryRun({ testFiles = [] }) {
    if (testFiles.length > 0) {
      // With it, Stryker does not make a process of its own for what is computed at loading.
      const errorMessage = 'Name test files by SNAPLEDGER_MUTATION_TESTS, not by --testFiles.';
      return { status: DryRunStatus.Error, errorMessage };
    }
    await this.#load();
    const tests = await runUntil(collectedTests, () => false);
    return { status: DryRunStatus.Complete, tests, mutantCoverage: context.mutantCoverage };
  }

  async mutantRun({ activeMutant, hitLimit, testFilter, mutantActivation }) {
    context.hitLimit = hitLimit;
    context.hitCount = hitLimit === undefined ? undefined : 0;
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
    await this.#load();
    context.activeMutant = activeMutant.id;
    const reaching = collectedTests.filter(({ name }) => testFilter?.includes(name) ?? true);
    const tests = await runUntil(reaching, ({ status }) => status === TestStatus.Failed);
    context.activeMutant = undefined;
    const limit = determineHitLimitReached(context.hitCount, hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }

  async #load() {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for await (const file of glob(this.#patterns))
      await import(pathToFileURL(path.resolve(file)).href);
  }
}

async function runUntil(tests, isLast) {
  const results = [];
  for (const { name, run } of tests) {
    context.currentTestId = name;
    const begin = performance.now();
    const problem = await failureOf(run);
    const result = {
      id: name,
      name,
      timeSpentMs: performance.now() - begin,
      ...(problem === null
        ? { status: TestStatus.Success }
        : { status: TestStatus.Failed, failureMessage: problem }),
    };
    results.push(result);
    if (isLast(result)) break;
  }
  context.currentTestId = undefined;
  return results;
}

async function failureOf(run) {
  try {
    await run();
    return null;
  } catch (error) {
    return String(error);
  }
}

function createRunner(injector) {
  const named = process.env['SNAPLEDGER_MUTATION_TESTS'];
  const { testFiles } = injector.resolve(commonTokens.options).tap;
  return new InProcessRunner(named === undefined ? testFiles : named.split(' '));
}
createRunner.inject = [commonTokens.injector];

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner),
];
