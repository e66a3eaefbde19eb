import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { drawCases, type FuzzCase } from '../../support/fuzz/draw-mutations.ts';
import { assertSoundOrTold, type Output, outputs } from '../../support/fuzz/fuzz-oracle.ts';
import { fixturePath, type FuzzSubject, fuzzSubjects } from '../../support/fuzz/fuzz-subject.ts';
import { mutated, type Objects } from '../../support/fuzz/mutation.ts';

/** Runs in the gate: they take some ten seconds of one processor. */
const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '120');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '1');

/** One that takes so long hangs. */
const caseTimeoutMs = 60_000;
/** The header can ask for 1 GiB before a passphrase is known to be wrong; these headers do not. */
const memoryMaxBytes = 1024 ** 3;

/** What has found something once, or stands for a kind of mutation; a counterexample is added here. */
interface KeptCase extends FuzzCase {
  readonly about: string;
  /** What has to be told when it is restored and verified: codes, `damage`, `verify`. Nothing: all is as it was. */
  readonly told: readonly string[];
}

const corpusFolder = fixturePath('fuzz', 'repositories');
const corpus = readdirSync(corpusFolder)
  .toSorted()
  .map((name) => JSON.parse(readFileSync(path.join(corpusFolder, name), 'utf8')) as KeptCase);

describe('what was done to a golden repository', () => {
  let subjects: readonly FuzzSubject[];
  before(async () => {
    subjects = await fuzzSubjects();
  });
  const subjectOf = (name: string): FuzzSubject =>
    subjects.find((subject) => subject.name === name) ?? assert.fail(`there is no ${name}`);
  const copyOf = ({ repository, mutations }: FuzzCase): Objects =>
    mutated(subjectOf(repository).objects, mutations, (name) => subjectOf(name).objects);

  const toldOf = async (each: FuzzCase, output: Output): Promise<ReadonlySet<string>> => {
    const late = new AbortController();
    const hangs = sleep(caseTimeoutMs, null, { signal: late.signal, ref: false }).then(() =>
      assert.fail(`it hangs: ${JSON.stringify(each)}`),
    );
    hangs.catch(() => undefined);
    try {
      const subject = subjectOf(each.repository);
      const reading = assertSoundOrTold(subject, copyOf(each), each.mutations, output);
      return (await Promise.race([reading, hangs])).told;
    } finally {
      late.abort();
    }
  };

  it('is done to all that there are, in all formats', () => {
    const names = subjects.map(({ name }) => name);
    for (const name of ['v1-points', 'v1-slots', 'v1-unfinished', 'qcow2-sealed', 'qcow2-plain']) {
      assert.ok(names.includes(name), `${name} is fuzzed`);
    }
    for (const { points } of subjects) assert.ok(points.size > 0);
  });

  for (const [number, kept] of corpus.entries()) {
    const output = outputs[number % outputs.length] ?? 'blocks';
    it(`gives nothing else, as ${output}: ${kept.about}`, async () => {
      const expected = new Set(kept.told);
      if (expected.has('damage') && output === 'blocks') expected.add('OBJECT_CORRUPT');
      if (expected.has('damage') && output === 'nbd') expected.add('nbd');
      assert.deepEqual([...(await toldOf(kept, output))].toSorted(), [...expected].toSorted());
    });
  }

  it('gives exactly what was there, or an error with a code', async () => {
    let told = 0;
    const cases = fc.record({ each: drawCases(subjects), output: fc.constantFrom(...outputs) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ each, output }) => {
        if ((await toldOf(each, output)).size > 0) told += 1;
      }),
      { numRuns: runs, seed },
    );
    assert.ok(told >= runs / 3, `most of it shows: ${told} of ${runs}`);
    const { maxRSS } = process.resourceUsage();
    assert.ok(maxRSS * 1024 < memoryMaxBytes, `${maxRSS} KiB were used`);
  });
});
