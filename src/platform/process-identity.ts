import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { hasErrno } from './errno.ts';

/**
 * One process of one machine, for ever: a pid is given again after its process ended, but never
 * with the same start in the same boot. A pid means something in its namespace only: it says
 * nothing in that of another container.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started: clock ticks since the boot; without /proc, milliseconds since 1970. */
  readonly startTicks: number;
  /** 32 hex digits, new at every boot; without /proc, of the machine's name. */
  readonly bootId: string;
  /** The inode of the PID namespace (pid_namespaces(7)) in which `pid` is told; 0 without /proc. */
  readonly pidNamespace: string;
}

/** What is known of a process from here. */
export type ProcessCondition =
  | 'running'
  /** It has ended; a zombie has too, it holds nothing any more. */
  | 'ended'
  /** Of this boot, but of a PID namespace that cannot be looked into: it may be running. */
  | 'other-namespace'
  /** It has ended, or it is of another machine. */
  | 'other-boot';

/** How long `ps` may take where there is no /proc. */
const psTimeoutMs = 10_000;

/** @throws INVALID_ARGUMENT on Linux without /proc, and elsewhere without ps */
export function ownIdentity(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === null) throw cannotTell(undefined);
  return identity;
}

/** Who runs under `pid` now; null when nobody does. A zombie counts: it is not reaped yet. */
export function identityOf(pid: number): ProcessIdentity | null {
  const found = inspect(pid);
  if (found.state === 'absent' || found.state === 'hidden') return null;
  const { startTicks } = found;
  return { pid, startTicks, bootId: readBootId(), pidNamespace: readPidNamespace() };
}

/** What has become of exactly this process. What cannot be told counts as running. */
export function conditionOf(identity: ProcessIdentity): ProcessCondition {
  if (identity.bootId !== readBootId()) return 'other-boot';
  if (!isOfOwnNamespace(identity)) return 'other-namespace';
  const found = inspect(identity.pid);
  switch (found.state) {
    case 'absent':
    case 'zombie':
      return 'ended';
    case 'hidden':
      return 'running';
    case 'alive':
      return found.startTicks === identity.startTicks ? 'running' : 'ended';
  }
}

/**
 * Whether it may still run, on the only machine that it can be of. One of another PID namespace
 * counts as living until the next boot: what a living process makes must never be swept.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  const condition = conditionOf(identity);
  return condition === 'running' || condition === 'other-namespace';
}

/** Whether its pid names it here; only then may it be sent a signal. */
export function isOfOwnNamespace(identity: ProcessIdentity): boolean {
  return identity.pidNamespace === readPidNamespace();
}

/** The identity as a part of a file name. */
export function formatIdentity(identity: ProcessIdentity): string {
  const { pid, startTicks, bootId, pidNamespace } = identity;
  return `${pid}-${startTicks}-${bootId}-${pidNamespace}`;
}

/** The inverse of `formatIdentity`; null for anything else. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const [, pid, startTicks, bootId, pidNamespace] =
    /^(\d{1,10})-(\d{1,15})-([0-9a-f]{32})-(\d{1,20})$/.exec(text) ?? [];
  if (pid === undefined || startTicks === undefined) return null;
  if (bootId === undefined || pidNamespace === undefined) return null;
  return { pid: Number(pid), startTicks: Number(startTicks), bootId, pidNamespace };
}

type Inspected =
  | { readonly state: 'absent' }
  /** Somebody runs under this pid who hides when it started. */
  | { readonly state: 'hidden' }
  | { readonly state: 'alive' | 'zombie'; readonly startTicks: number };

function inspect(pid: number): Inspected {
  if (!exists(pid)) return { state: 'absent' };
  return hasProc() ? inspectByProc(pid) : inspectByPs(pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ESRCH')) return false;
    if (hasErrno(error, 'EPERM')) return true;
    throw error;
  }
}

function hasProc(): boolean {
  return process.platform === 'linux';
}

/** Fields 3 (state) and 22 (starttime) of proc_pid_stat(5). */
function inspectByProc(pid: number): Inspected {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    // It ended just now, or /proc is mounted so that it shows nobody the processes of others.
    if (hasErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) {
      return exists(pid) ? { state: 'hidden' } : { state: 'absent' };
    }
    throw cannotTell(error);
  }
  // "pid (command) state ppid …": the command may hold spaces and brackets, so its last `)` counts.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], Number(fields[19])];
  if (state === undefined || !Number.isSafeInteger(startTicks)) throw cannotTell(undefined);
  return { state: state === 'Z' || state === 'X' ? 'zombie' : 'alive', startTicks };
}

/** Start in milliseconds, exact to the second. */
function inspectByPs(pid: number): Inspected {
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  try {
    const text = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env,
      timeout: psTimeoutMs,
    });
    const startTicks = Date.parse(`${text.trim()} UTC`);
    return Number.isSafeInteger(startTicks) ? { state: 'alive', startTicks } : { state: 'hidden' };
  } catch {
    // It ended just now, or there is no ps: nothing is known either way.
    return { state: 'hidden' };
  }
}

function readBootId(): string {
  if (!hasProc()) return hash('sha256', hostname(), 'hex').slice(0, 32);
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch (error) {
    throw cannotTell(error);
  }
}

/** `pid:[4026531836]` */
function readPidNamespace(): string {
  if (!hasProc()) return '0';
  try {
    const inode = /^pid:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/pid'))?.[1];
    if (inode !== undefined) return inode;
  } catch (error) {
    throw cannotTell(error);
  }
  throw cannotTell(undefined);
}

function cannotTell(cause: unknown): SnapledgerError {
  const needed = hasProc() ? '/proc cannot be read' : '/bin/ps does not answer';
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `processes cannot be told apart on this machine: ${needed}`,
    { cause, remedy: hasProc() ? 'Mount /proc.' : 'Install ps.' },
  );
}
