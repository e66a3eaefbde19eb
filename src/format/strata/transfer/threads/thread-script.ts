/**
 * The address of a thread's program that lies beside the module `from`: `.ts` in a clone, where
 * Node strips the types, `.js` in the built package.
 */
export function threadScript(name: string, from: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}
