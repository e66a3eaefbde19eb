import { userInfo } from 'node:os';
import { hasErrno } from '../platform/errno.ts';

/** Who runs this process: the user's name, or `uid <n>` where the machine has no name for it. */
export function processUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // Containers often run under a number that is in no list of users.
    if (!hasErrno(error, 'ERR_SYSTEM_ERROR') || process.getuid === undefined) throw error;
    return `uid ${process.getuid()}`;
  }
}
