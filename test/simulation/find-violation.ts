/*
 * `node find-violation.ts <runs>`: prints the violations of the first run that has any, and
 * nothing when none has.
 */
import { runSimulation } from './run-simulation.ts';

const runsMax = Number(process.argv[2]);
for (let seed = 1; seed <= runsMax; seed += 1) {
  const { violations } = await runSimulation(String(seed));
  const [first] = violations;
  if (first === undefined) continue;
  process.stdout.write(`seed ${seed}: ${first.split('\n')[0] ?? first}\n`);
  break;
}
