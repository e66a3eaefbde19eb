import { readdir, readFile } from 'node:fs/promises';

/** The running processes whose command lines name the folder or something in it, this one excepted. */
export async function processesOf(folder: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || name === String(process.pid)) continue;
    // Another process may end at any moment; then it is none of the running ones.
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const names = line.split('\0').some((one) => one === folder || one.startsWith(`${folder}/`));
    if (names) found.push(Number(name));
  }
  return found;
}
