import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

// Measures the mutation score of src/domain, each folder with the tests of the folder of the same
// name, and prints it as the table of docs/mutation-testing.md. The exit code tells whether it is
// enough.

const domain = 'src/domain';
const wantedPercent = 95;

const { values, positionals } = parseArgs({
  options: { changed: { type: 'boolean' }, base: { type: 'string', default: 'main' } },
  allowPositionals: true,
});

interface Score {
  readonly changes: number;
  readonly noticed: number;
}

const scores = new Map<string, Score>();
for (const [folder, files] of Map.groupBy(await filesToMutate(), folderOf)) {
  const name = path.relative(domain, folder) || '(files)';
  const score = measure(name, folder, files);
  // Files of types alone have nothing to change.
  if (score.changes > 0) scores.set(name, score);
}
const all = [...scores.values()];
const total: Score = {
  changes: all.reduce((sum, { changes }) => sum + changes, 0),
  noticed: all.reduce((sum, { noticed }) => sum + noticed, 0),
};
say('| folder | changes | noticed | score |');
say('| --- | --- | --- | --- |');
for (const [name, score] of scores) say(row(`\`${name}\``, score));
say(row('all', total));
if (percentOf(total) < wantedPercent) {
  say(`Less than ${wantedPercent} %: what survived is listed above, and in reports/mutation/.`);
  process.exitCode = 1;
}

function folderOf(file: string): string {
  return path.dirname(file);
}

async function filesToMutate(): Promise<readonly string[]> {
  const patterns = positionals.map((one) => (one.endsWith('.ts') ? one : `${one}/**/*.ts`));
  const named = await Array.fromAsync(glob(patterns.length > 0 ? patterns : `${domain}/**/*.ts`));
  if (values.changed !== true) return named.toSorted();
  const changed = new Set(changedSince(values.base));
  return named.filter((file) => changed.has(file)).toSorted();
}

/** What differs from where this branch left `base`, committed or not. */
function changedSince(base: string): readonly string[] {
  const git = (...command: readonly string[]): readonly string[] => {
    const { status, stdout, stderr } = spawnSync('git', command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${command.join(' ')} failed: ${stderr}`);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const [fork = base] = git('merge-base', base, 'HEAD');
  return [
    ...git('diff', '--name-only', fork, '--', domain),
    ...git('ls-files', '--others', '--exclude-standard', '--', domain),
  ];
}

function measure(name: string, folder: string, files: readonly string[]): Score {
  const tests = folder.replace(/^src/, 'test');
  // Suites of a folder of their own first: the oracle of retention notices nearly everything.
  const patterns = folder === domain ? ['*.test.ts'] : ['*/*.test.ts', '*.test.ts'];
  const { status } = spawnSync('stryker', ['run', '--mutate', files.join(',')], {
    stdio: 'inherit',
    env: {
      ...process.env,
      SNAPLEDGER_MUTATION_TESTS: patterns.map((pattern) => `${tests}/${pattern}`).join(' '),
    },
  });
  if (status !== 0) throw new Error(`stryker could not measure ${folder}`);
  const report = 'reports/mutation.json';
  mkdirSync('reports/mutation', { recursive: true });
  copyFileSync(report, `reports/mutation/${name.replaceAll(/[^a-z-]/g, '')}.json`);
  return scoreOf(readFileSync(report, 'utf8'));
}

interface Report {
  readonly files: Readonly<
    Record<string, { readonly mutants: readonly { readonly status: string }[] }>
  >;
}

function scoreOf(json: string): Score {
  const { files } = JSON.parse(json) as Report;
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const count = (...statuses: readonly string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  return { noticed, changes: noticed + count('Survived', 'NoCoverage') };
}

function row(name: string, score: Score): string {
  const { changes, noticed } = score;
  return `| ${name} | ${changes} | ${noticed} | ${percentOf(score).toFixed(2)} % |`;
}

function percentOf({ changes, noticed }: Score): number {
  return changes === 0 ? 100 : (100 * noticed) / changes;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
