import { readdir } from 'node:fs/promises';
import { stateError } from './state-error.ts';

/** The names of the resources of one kind, ascending; unfinished and hidden ones are left out. */
export async function listResources(parent: string): Promise<readonly string[]> {
  try {
    return (await readdir(parent)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw stateError(error, `list ${parent}`);
  }
}
