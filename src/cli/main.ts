import { readFileSync } from 'node:fs';
import { loadFormatPlugs, type TimestampMs } from '../index.ts';
import { formatFiles } from './formats/format-files.ts';
import { processInput, processOutput } from './process-streams.ts';
import { abortOnSignals } from './process-signals.ts';
import { runCli } from './run-cli.ts';
import { vaultAccess } from './vault-access.ts';

const env = { ...process.env };
// Worker processes inherit the environment, and must never see a secret.
delete process.env['SNAPLEDGER_PASSPHRASE'];
delete process.env['SNAPLEDGER_NEW_PASSPHRASE'];
delete process.env['SNAPLEDGER_EVENT_STORE_PASSWORD'];

const folder = workingFolder();

const exitCode = await runCli({
  argv: process.argv.slice(2),
  env,
  workingFolder: folder,
  version: packageVersion(),
  stdin: processInput(process.stdin),
  stdout: processOutput(process.stdout, 'reject'),
  stderr: processOutput(process.stderr, 'drop'),
  signal: abortOnSignals(),
  now: () => Date.now() as TimestampMs,
  ...vaultAccess(() => loadFormatPlugs(formatFiles(env, folder))),
});
// All that was printed is handed over, so nothing is cut off; and nothing keeps the user waiting.
process.exit(exitCode);

/** The package is two folders up from here, as source and as built. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** `npm run snapledger` changes to the folder of the clone; paths are meant from where one was. */
function workingFolder(): string {
  const byNpm = process.env['npm_lifecycle_event'] === 'snapledger';
  return (byNpm ? process.env['INIT_CWD'] : undefined) ?? process.cwd();
}
