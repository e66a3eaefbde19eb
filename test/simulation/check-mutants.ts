/*
 * `node test/simulation/check-mutants.ts [<runs> [<part of a name>]]`: proves that the simulation can fail. Each
 * known defect is put into a copy of the sources, and the simulation has to find it within that
 * many runs. Takes a few minutes; not a part of CI.
 */
import { mutants } from './mutants.ts';
import { runMutant } from './run-mutant.ts';

const [runs = '3000', only = ''] = process.argv.slice(2);
const runsMax = Number(runs);
let survivors = 0;
for (const mutant of mutants.filter(({ name }) => name.includes(only))) {
  const found = await runMutant(mutant, runsMax);
  if (found === null) survivors += 1;
  process.stdout.write(`an engine that ${mutant.name}\n    ${found ?? 'IS NOT FOUND\n'}`);
}
process.exitCode = survivors === 0 ? 0 : 1;
