import { resolve } from 'node:path';
import { openFilesystemObjectStore } from '../adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { exportSealed } from '../engine/audit/export/export-sealed.ts';
import { parseNoteKey } from '../engine/transparency-log/signed-note.ts';
import { formatIn, noFormats } from './formats.ts';
import { processUser } from './process-user.ts';
import type { ExportRepositoryOptions } from './vault-options.ts';

/**
 * The sealed records of a repository, for an auditor who has its read key and neither the vault nor the
 * passphrase. The repository is only read.
 *
 * @throws NOT_A_REPOSITORY, LEDGER_TAMPERED; INVALID_ARGUMENT for keys that are none, or another
 *   repository's; LIMIT_EXCEEDED for a report that is too long
 */
export async function* exportRepository({
  repository: folder,
  publicKey,
  readKey,
  format,
  formats = noFormats,
}: ExportRepositoryOptions): AsyncGenerator<string, void> {
  const signer = parseNoteKey(publicKey);
  if (signer === null) {
    throw notAKey('the public key is none', "Give what 'snapledger audit key' shows.");
  }
  if (!/^[0-9a-f]{64}$/i.test(readKey.trim())) {
    throw notAKey(
      'the read key is not 64 hexadecimal digits',
      "Give what 'snapledger audit key --read' shows.",
    );
  }
  const keys = { signer, readKey: new Uint8Array(Buffer.from(readKey.trim(), 'hex')) };
  const objectStore = await openFilesystemObjectStore({ root: resolve(folder) });
  const { headerKey } = (await formatIn(objectStore, formats)).format;
  if ((await objectStore.head(headerKey)) === null) {
    throw new SnapledgerError('NOT_A_REPOSITORY', `there is no repository in '${folder}'`, {
      remedy: "Name the folder 'repository' of a vault, or a copy of it.",
    });
  }
  const parts = { objectStore, random: systemRandom, clock: systemClock, actor: processUser() };
  yield* exportSealed({ ...parts, format, keys });
}

function notAKey(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, { remedy });
}
