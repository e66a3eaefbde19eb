import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { hasErrno, isAbsent } from '../../platform/errno.ts';

/** Names one process for good: a process id alone is given to another process later. */
export interface ProcessIdentity {
  /** Where the process id means something: one boot of one machine, one namespace of processes. */
  readonly scope: string;
  readonly pid: number;
  /** When it started, in a unit that only comparisons within one scope may use. */
  readonly startedAt: number;
}

/** How long `ps` may take where there is no /proc. */
const psTimeoutMs = 10_000;
const run = promisify(execFile);

/** The process that runs this code. */
export async function ownProcessIdentity(): Promise<ProcessIdentity> {
  const found = await inspectProcess(process.pid);
  if (found.state === 'running') {
    return { scope: await processScope(), pid: process.pid, startedAt: found.startedAt };
  }
  throw new SnapledgerError('INTERNAL', `cannot tell when this process (${process.pid}) started`, {
    remedy: 'Mount /proc, or install ps.',
  });
}

/**
 * Whether a process of the same scope is certainly gone. Anything that cannot be told counts as
 * living.
 */
export async function isProcessGone(identity: ProcessIdentity): Promise<boolean> {
  const found = await inspectProcess(identity.pid);
  switch (found.state) {
    case 'gone':
      return true;
    case 'unknown':
      return false;
    case 'running':
      return found.startedAt !== identity.startedAt;
  }
}

type ProcessState =
  | { readonly state: 'running'; readonly startedAt: number }
  | { readonly state: 'gone' }
  /** It runs, and belongs to somebody who hides it. */
  | { readonly state: 'unknown' };

async function inspectProcess(pid: number): Promise<ProcessState> {
  if (!processExists(pid)) return { state: 'gone' };
  return process.platform === 'linux' ? await inspectByProc(pid) : await inspectByPs(pid);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ESRCH')) return false;
    if (hasErrno(error, 'EPERM')) return true;
    throw error;
  }
}

/** Start in clock ticks since boot: fields 3 (state) and 22 (starttime) of proc_pid_stat(5). */
async function inspectByProc(pid: number): Promise<ProcessState> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    // the second field is the program's name in parentheses, which may hold anything itself
    const fieldsFromThird = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const state = fieldsFromThird[0];
    // dead, only its parent has not asked for its exit code yet
    if (state === 'Z' || state === 'X') return { state: 'gone' };
    return runningSince(Number(fieldsFromThird[22 - 3]));
  } catch (error) {
    if (isAbsent(error) || hasErrno(error, 'ESRCH', 'EACCES', 'EPERM')) return { state: 'unknown' };
    throw error;
  }
}

/** Start in milliseconds, exact to the second. */
async function inspectByPs(pid: number): Promise<ProcessState> {
  const options = { env: { LC_ALL: 'C', TZ: 'UTC' }, timeout: psTimeoutMs };
  try {
    const { stdout } = await run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], options);
    return runningSince(Date.parse(`${stdout.trim()} UTC`));
  } catch {
    // it ended just now, or there is no ps: nothing is known either way
    return { state: 'unknown' };
  }
}

function runningSince(startedAt: number): ProcessState {
  return Number.isSafeInteger(startedAt) ? { state: 'running', startedAt } : { state: 'unknown' };
}

async function processScope(): Promise<string> {
  const parts =
    process.platform === 'linux'
      ? [
          await readFile('/proc/sys/kernel/random/boot_id', 'latin1'),
          await readlink('/proc/self/ns/pid'),
        ]
      : [hostname()];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
