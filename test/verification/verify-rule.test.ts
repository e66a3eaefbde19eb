import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { addPeriod } from '../../src/domain/calendar/add-period.ts';
import {
  ageRule,
  countRule,
  gfsRule,
  planProperties,
  type PropertyResult,
  reportInWords,
  type RetentionRule,
  ruleProperties,
  type VerificationReport,
  verifyRule,
} from '../../src/verification.ts';
import { runProgram } from '../support/engine/run-program.ts';

const page = new URL('../../docs/verification.md', import.meta.url);
const options = { runs: 200 } as const;

const kept = { keep: [{ kind: 'host-rule', rule: 'test', detail: 'kept' }] } as const;
const gone = { remove: { kind: 'host-rule', rule: 'test', detail: 'gone' } } as const;

function failuresOf({
  results,
}: VerificationReport): readonly Extract<PropertyResult, { readonly outcome: 'fails' }>[] {
  return results.flatMap((result) => (result.outcome === 'fails' ? [result] : []));
}

describe('the property kit', () => {
  const rules: readonly (readonly [string, RetentionRule])[] = [
    ['count', countRule(3)],
    ['age', ageRule({ amount: 5, unit: 'days' }, 'Europe/Berlin')],
    [
      'flags',
      gfsRule(
        {
          daily: { kind: 'count', count: 2 },
          weekly: { kind: 'period', period: { amount: 3, unit: 'weeks' } },
          monthly: null,
          yearly: null,
          hour: 2,
          minute: 30,
          weekday: 7,
          monthDay: 1,
          month: 1,
        },
        'Europe/Berlin',
      ),
    ],
  ];
  for (const [name, rule] of rules) {
    it(`finds every property in the rule by ${name}`, () => {
      const report = verifyRule(rule, options);
      assert.equal(report.outcome, 'holds', reportInWords(report));
      for (const result of report.results) assert.ok('runs' in result && result.runs === 200);
    });
  }

  const wrong: readonly (readonly [string, RetentionRule, RegExp, RegExp])[] = [
    [
      'that forgets the newest item',
      (chain) => new Map(chain.slice(0, -1).map(({ id }) => [id, kept])),
      /says nothing of i0/,
      /^now \S+\ni0 taken \S+: nothing$/,
    ],
    [
      'that keeps every second of what is left',
      (chain) => new Map(chain.map(({ id }, place) => [id, place % 2 === 0 ? kept : gone])),
      /keeps i\d+, and lets it go when the others have gone/,
      /i0 taken/,
    ],
    [
      'that brings back what is old',
      (chain, now) =>
        new Map(
          chain.map(({ id, takenAt }) => [
            id,
            now < addPeriod(takenAt, { amount: 9, unit: 'days' }, 'UTC') ? gone : kept,
          ]),
        ),
      /lets i0 go, and keeps it 10 days later/,
      /remove: test \(gone\)/,
    ],
    [
      'that keeps without a reason',
      (chain) => new Map(chain.map(({ id }) => [id, { keep: [] }])),
      /keeps i0 without a reason/,
      /^i0 taken \S+: keep: no reason$/m,
    ],
  ];
  for (const [name, rule, problem, counterexample] of wrong) {
    it(`catches a rule ${name}, with a counterexample that a person can read`, () => {
      const report = verifyRule(rule, { ...options, seed: 7 });
      assert.equal(report.outcome, 'fails');
      const failures = failuresOf(report);
      const found = failures.find((failure) => problem.test(failure.problem));
      assert.ok(found !== undefined, reportInWords(report));
      assert.match(found.counterexample, counterexample);
      assert.ok(found.counterexample.length < 800, 'it is small');
      assert.match(reportInWords(report), /FAILS [\s\S]*is no rule; seed 7$/);
    });
  }

  it('catches a rule that remembers what it was asked before', () => {
    let asked = 0;
    const moody: RetentionRule = (chain) => {
      asked += 1;
      return new Map(chain.map(({ id }) => [id, asked % 2 === 0 ? kept : gone]));
    };
    const problems = failuresOf(verifyRule(moody, options)).map(({ problem }) => problem);
    assert.ok(problems.some((problem) => problem.includes('it says two things')));
  });

  it('catches a rule that changes the chain, and reports one that throws', () => {
    const mutating: RetentionRule = (chain) => {
      Object.assign(chain[0] ?? {}, { takenAt: 0 });
      return new Map(chain.map(({ id }) => [id, kept]));
    };
    assert.equal(verifyRule(mutating, options).outcome, 'fails');
    const throwing: RetentionRule = () => {
      throw new Error('no idea');
    };
    const [first] = failuresOf(verifyRule(throwing, options));
    assert.match(first?.problem ?? '', /no idea/);
  });

  it('repeats itself with the seed of a report', () => {
    const rule: RetentionRule = (chain) => new Map(chain.slice(1).map(({ id }) => [id, kept]));
    const report = verifyRule(rule, options);
    assert.deepEqual(verifyRule(rule, { ...options, seed: report.seed }), report);
  });
});

describe('docs/verification.md', () => {
  it('lists the properties', async () => {
    const text = await readFile(page, 'utf8');
    const listed = [...text.matchAll(/^- (.*)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      listed,
      [...ruleProperties, ...planProperties].map(({ name }) => name),
    );
  });

  it('has an example that does what the page says', async () => {
    const text = await readFile(page, 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(text)?.[1];
    assert.ok(example !== undefined);
    // By its source, because nothing is built here.
    const kit = new URL('../../src/verification.ts', import.meta.url).href;
    const folder = await mkdtemp(path.join(tmpdir(), 'snapledger-example-'));
    try {
      const file = path.join(folder, 'example.ts');
      await writeFile(file, example.replace("'snapledger/verification'", `'${kit}'`));
      const { stdout, stderr } = await runProgram(file, []);
      assert.equal(stderr, '');
      assert.match(stdout, /\nthe rule has every property; seed \d+\n$/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
