import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedCompileCache } from '../../shared-compile-cache.ts';

/*
 * The machine of a fake EC2 instance: runs its user data as a real shell script, with everything
 * below one folder and a PATH of its own, and is off when the script has shut it down. A script
 * that ends without that leaves the machine running, as on EC2.
 */
const folder = process.argv.at(-1) ?? '';
const bin = path.join(folder, 'bin');

const tools = [
  'sh',
  'base64',
  'curl',
  'gzip',
  'ln',
  'mkdir',
  'rm',
  'sed',
  'sha256sum',
  'tar',
  'touch',
];
const searchPath = ['/usr/local/bin', '/usr/bin', '/bin'];

await mkdir(bin, { recursive: true });
await mkdir(path.join(folder, 'dev', 'disk', 'by-id'), { recursive: true });
for (const tool of tools) {
  const found = searchPath.map((one) => path.join(one, tool)).find((one) => existsSync(one));
  if (found === undefined) throw new Error(`this machine has no ${tool}`);
  await symlink(found, path.join(bin, tool));
}
if (process.env['IMAGE_WITHOUT_NODE'] === undefined) {
  await symlink(process.execPath, path.join(bin, 'node'));
}
const off = path.join(folder, 'powered-off');
await writeFile(path.join(bin, 'shutdown'), `#!${bin}/sh\ntouch '${off}'\n`);
await chmod(path.join(bin, 'shutdown'), 0o700);

const script = spawn(path.join(bin, 'sh'), [path.join(folder, 'user-data')], {
  cwd: folder,
  env: {
    ...sharedCompileCache(),
    PATH: bin,
    SNAPLEDGER_ROOT: folder,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? '',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
script.on('exit', (exitCode, signal) => {
  process.stdout.write(`the user data ended: ${exitCode ?? signal ?? 'nobody knows how'}\n`);
  if (existsSync(off)) process.exit(0);
  setInterval(() => undefined, 60_000);
});
