import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';

/**
 * SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode that two connections write and
 * checkpoint at the same moment (https://sqlite.org/wal.html#walresetbug).
 */
const oldestSafe = [3, 51, 3] as const;

/** @throws RUNTIME_TOO_OLD for a version of SQLite that a ledger cannot be trusted to. */
export function checkSqliteVersion(version: string): void {
  if (isSafe(version)) return;
  throw new SnapledgerError(
    'RUNTIME_TOO_OLD',
    `This Node.js comes with SQLite ${version}, which can corrupt a ledger that two processes write to; ${oldestSafe.join('.')} or later is needed.`,
    { remedy: 'Update Node.js to a release that comes with a newer SQLite.' },
  );
}

function isSafe(version: string): boolean {
  if (!/^\d+\.\d+\.\d+/.test(version)) return false;
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of oldestSafe.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part > oldest;
  }
  return true;
}
