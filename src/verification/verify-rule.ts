import fc from 'fast-check';
import type { TimestampMs } from '../domain/identifiers.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { RetentionRule } from '../domain/retention/retention-rule.ts';
import { settingsRules } from '../domain/retention/settings-rules.ts';
import { arbitraryCircumstances } from './arbitrary-circumstances.ts';
import { circumstancesInWords, sampleInWords } from './in-words.ts';
import { planProperties } from './plan-properties.ts';
import { type RuleSample, ruleProperties } from './rule-properties.ts';

export interface VerifyOptions {
  /** Samples for each property; default: 500. */
  readonly runs?: number;
  /** To repeat a report; default: a random one, which the report names. */
  readonly seed?: number;
}

export interface VerificationReport {
  readonly outcome: 'holds' | 'fails';
  readonly seed: number;
  readonly results: readonly PropertyResult[];
}

export type PropertyResult =
  | { readonly property: string; readonly outcome: 'holds'; readonly runs: number }
  | {
      readonly property: string;
      readonly outcome: 'fails';
      /** What is wrong. */
      readonly problem: string;
      /** The smallest sample that was found for it, in words. */
      readonly counterexample: string;
    };

const hourMs = 3_600_000;

/** Chains as rules get them; ids and places are in the order of the chain, times may not be. */
export const arbitraryRuleSample: fc.Arbitrary<RuleSample> = fc
  .record({
    hours: fc.array(fc.integer({ min: -6, max: 200 }), { maxLength: 12 }),
    // Whole days, too, at which a period of days is just over.
    hoursLater: fc.oneof(
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 0, max: 80 }).map((days) => days * 24),
    ),
  })
  .map(({ hours, hoursLater }) => {
    let takenAt = Date.UTC(2026, 1, 20);
    const chain = hours.map((later, order) => {
      takenAt += later * hourMs;
      return { id: `i${order}`, takenAt: takenAt as TimestampMs, order };
    });
    return { chain, now: (takenAt + hoursLater * hourMs) as TimestampMs };
  });

/**
 * Holds a retention rule to the properties that every rule must have, alone and together with
 * those of any policy. Never throws for a rule that fails: the report says what it does wrong.
 */
export function verifyRule(rule: RetentionRule, options: VerifyOptions = {}): VerificationReport {
  const { runs = 500, seed = fc.sample(fc.nat(), 1)[0] ?? 0 } = options;
  const parameters = { numRuns: runs, seed };
  const withRule = (given: RetentionCircumstances): RetentionCircumstances => ({
    ...given,
    rulesOf: (settings, timeZone) => [...settingsRules(settings, timeZone), rule],
  });
  const results = [
    ...ruleProperties.map(({ name, check }) =>
      resultOf(
        `a rule ${name}`,
        fc.check(
          fc.property(arbitraryRuleSample, (sample) => {
            check(rule, sample);
          }),
          parameters,
        ),
        (sample) => sampleInWords(rule, sample),
      ),
    ),
    ...planProperties.map(({ name, check }) =>
      resultOf(
        `a plan with it ${name}`,
        fc.check(
          fc.property(arbitraryCircumstances, (given) => {
            check(withRule(given));
          }),
          parameters,
        ),
        (given) => circumstancesInWords(withRule(given)),
      ),
    ),
  ];
  const outcome = results.every((result) => result.outcome === 'holds') ? 'holds' : 'fails';
  return { outcome, seed, results };
}

/** The report as lines for people. */
export function reportInWords({ outcome, seed, results }: VerificationReport): string {
  const lines = results.flatMap((result) =>
    result.outcome === 'holds'
      ? [`ok    ${result.property} (${result.runs} samples)`]
      : [
          `FAILS ${result.property}`,
          `      ${result.problem}`,
          ...result.counterexample.split('\n').map((line) => `      ${line}`),
        ],
  );
  return [
    ...lines,
    `the rule ${outcome === 'holds' ? 'has every property' : 'is no rule'}; seed ${seed}`,
  ].join('\n');
}

function resultOf<Sample>(
  property: string,
  details: fc.RunDetails<[Sample]>,
  inWords: (sample: Sample) => string,
): PropertyResult {
  if (!details.failed) return { property, outcome: 'holds', runs: details.numRuns };
  const { errorInstance, counterexample } = details;
  return {
    property,
    outcome: 'fails',
    problem: errorInstance instanceof Error ? problemOf(errorInstance) : 'no sample could be made',
    counterexample: counterexample === null ? '' : wordsOrError(inWords, counterexample[0]),
  };
}

/** What a property claims is said by its error; that it was an assertion is of no interest here. */
function problemOf({ message }: Error): string {
  return message.replace(/^assertion failed: /, '');
}

/** A rule that throws cannot be asked again for the words. */
function wordsOrError<Sample>(inWords: (sample: Sample) => string, sample: Sample): string {
  try {
    return inWords(sample);
  } catch (error) {
    return `${JSON.stringify(sample)}: ${String(error)}`;
  }
}
