import { resolve } from 'node:path';
import type { EventStoreCredentials } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { readSecretFile } from '../secret/secret-file.ts';
import { usageError } from '../usage-error.ts';

const user = 'SNAPLEDGER_EVENT_STORE_USER';
const password = 'SNAPLEDGER_EVENT_STORE_PASSWORD';
const passwordFile = 'SNAPLEDGER_EVENT_STORE_PASSWORD_FILE';

/**
 * Who one is on the server of the ledger, from the environment; the password's file comes before
 * the password. null when nothing is said.
 *
 * @throws INVALID_ARGUMENT when only a part is said, or something is empty
 */
export async function readEventStoreCredentials(
  context: CliContext,
): Promise<EventStoreCredentials | null> {
  const { env, workingFolder } = context;
  for (const name of [user, password, passwordFile]) {
    if (env[name] === '')
      throw usageError(`${name} is set but empty`, 'give it a value or unset it');
  }
  const username = env[user];
  const file = env[passwordFile];
  const given = env[password];
  if (username === undefined) {
    if (file === undefined && given === undefined) return null;
    throw usageError('a password for the event store is given, but no user', `set ${user}`);
  }
  if (file !== undefined) {
    const read = await readSecretFile(context, 'password', resolve(workingFolder, file));
    return { username, password: read };
  }
  if (given !== undefined) return { username, password: given };
  throw usageError(`${user} is set, but no password`, `set ${passwordFile} or ${password}`);
}

/**
 * Refuses a user and a password in a location on the command line, before anything looks at the
 * arguments: an error message about them would print it.
 *
 * @throws INVALID_ARGUMENT
 */
export function refuseCredentialsArgument(argv: readonly string[]): void {
  if (!argv.some((argument) => /:\/\/.*@/.test(argument))) return;
  throw usageError(
    'a user or a password stands in an argument: other users of this machine could see it',
    `use ${user} and ${passwordFile} or ${password}`,
  );
}
