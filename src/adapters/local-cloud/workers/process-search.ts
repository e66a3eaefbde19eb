import { readdir, readFile } from 'node:fs/promises';
import { hasErrno } from '../../../platform/errno.ts';
import { identityOf, isRunning, type ProcessIdentity } from '../../../platform/process-identity.ts';

/** The running process whose command line ends with `lastArguments`; null when there is none. */
export async function findProcessByArguments(
  lastArguments: readonly string[],
): Promise<ProcessIdentity | null> {
  const wanted = lastArguments.join('\0');
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const identity = identityOf(pid);
    if (identity === null || !(await readCommandLine(pid)).endsWith(`\0${wanted}`)) continue;
    // Taken before the command line was read: a pid that changed hands meanwhile does not pass.
    if (isRunning(identity)) return identity;
  }
  return null;
}

async function readCommandLine(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replace(/\0$/, '');
  } catch (error) {
    // It ended meanwhile, or is another user's and hidden from this one: not one of ours.
    if (hasErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return '';
    throw error;
  }
}
