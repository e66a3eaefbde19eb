import { readFileSync, readlinkSync } from 'node:fs';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { hasErrno } from '../../../platform/errno.ts';

/**
 * One process of this machine, for ever: a pid is given again after its process ended, but never
 * with the same start time in the same boot. A pid means something in its namespace only: it says
 * nothing in that of another container.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the boot to the start of the process. */
  readonly startTicks: number;
  /** 32 hex digits, new at every boot. */
  readonly bootId: string;
  /** The inode of the PID namespace (pid_namespaces(7)) in which `pid` is told. */
  readonly pidNamespace: string;
}

/** @throws INVALID_ARGUMENT on a machine without Linux's /proc. */
export function ownIdentity(): ProcessIdentity {
  const identity = identityOf(process.pid);
  if (identity === null) throw noProcError(undefined);
  return identity;
}

/** Who runs under `pid` now; null when nobody does. A zombie counts: it is not reaped yet. */
export function identityOf(pid: number): ProcessIdentity | null {
  const status = readStatus(pid);
  if (status === null) return null;
  const { startTicks } = status;
  return { pid, startTicks, bootId: readBootId(), pidNamespace: readPidNamespace() };
}

/**
 * Whether exactly this process still runs. A zombie does not: it holds nothing any more. One of
 * another PID namespace cannot be seen from here and counts as living until the next boot: what
 * a living process makes must never be swept.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== readBootId()) return false;
  if (!isOfOwnNamespace(identity)) return true;
  const status = readStatus(identity.pid);
  return (
    status !== null &&
    status.state !== 'Z' &&
    status.state !== 'X' &&
    status.startTicks === identity.startTicks
  );
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

function readStatus(pid: number): { state: string; startTicks: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return null;
    throw noProcError(error);
  }
  // "pid (command) state ppid …": the command may hold spaces and brackets, so its last `)` counts.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], Number(fields[19])];
  if (state === undefined || !Number.isSafeInteger(startTicks)) throw noProcError(undefined);
  return { state, startTicks };
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch (error) {
    throw noProcError(error);
  }
}

/** `pid:[4026531836]` */
function readPidNamespace(): string {
  try {
    const inode = /^pid:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/pid'))?.[1];
    if (inode !== undefined) return inode;
  } catch (error) {
    throw noProcError(error);
  }
  throw noProcError(undefined);
}

function noProcError(cause: unknown): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    'a local cloud cannot tell processes apart on this machine: /proc cannot be read',
    { cause, remedy: 'Use the local cloud on Linux, with /proc mounted.' },
  );
}
