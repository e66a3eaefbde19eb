#!/usr/bin/env node
/*
 * Looks at the version of Node before anything else is loaded, so that too old a one gets a
 * sentence and not a syntax error. For that reason this file is written in the language of Node 12,
 * as a script and as a module alike: no import statement, no top-level await, no import.meta.
 */
var needed = [24, 15];
var found = process.versions.node.split('.').map(Number);

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  process.stderr.write(
    'snapledger: Node ' +
      needed.join('.') +
      ' or newer is needed, but this is Node ' +
      process.versions.node +
      ': install a newer one (https://nodejs.org), or in a clone run "npm run -s snapledger -- ARGS"\n',
  );
  process.exitCode = 1;
} else {
  import('./start.js').catch(function (error) {
    process.stderr.write(
      'snapledger: the program could not be loaded: ' +
        error.message +
        '\nrun "npm ci" in a clone, or install the package again\n',
    );
    if (process.env.SNAPLEDGER_DEBUG === '1') process.stderr.write(error.stack + '\n');
    process.exitCode = 1;
  });
}
