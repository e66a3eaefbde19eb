/**
 * What a program needs in its environment to share the compiled code of this run of the tests, if
 * there is a place for it; most programs are started with an environment of their own.
 */
export function sharedCompileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
