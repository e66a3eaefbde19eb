import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/*
 * A worker that does what its user data says: `wait` (for ever), `end` (at once), `fail`
 * (with a log and exit code 3), or `report` (write down how it was started, then wait).
 */
const folder = process.argv.at(-1) ?? '';
const order = readFileSync(path.join(folder, 'user-data'), 'utf8');

switch (order) {
  case 'end':
    break;
  case 'fail':
    process.stderr.write('first line\nthe disk is on fire\n');
    process.exitCode = 3;
    break;
  case 'report':
    writeFileSync(
      path.join(folder, 'report'),
      JSON.stringify({ argv: process.argv, env: process.env, execArgv: process.execArgv }),
    );
    setInterval(() => undefined, 60_000);
    break;
  default:
    setInterval(() => undefined, 60_000);
}
