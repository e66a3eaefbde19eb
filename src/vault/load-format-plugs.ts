import { pathToFileURL } from 'node:url';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { FormatPlug } from '../format/format-plug.ts';

/**
 * Loads formats from ES modules, each of which exports its plug as `formatPlug`. What is loaded is
 * run: whoever names the files decides what that is.
 *
 * @param files absolute paths
 * @throws INVALID_ARGUMENT for a file that cannot be loaded, or has no such export
 */
export async function loadFormatPlugs(files: readonly string[]): Promise<readonly FormatPlug[]> {
  const plugs: FormatPlug[] = [];
  for (const file of files) plugs.push(await loadFormatPlug(file));
  return plugs;
}

async function loadFormatPlug(file: string): Promise<FormatPlug> {
  let module: { readonly formatPlug?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as typeof module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(file, reason, cause);
  }
  const { formatPlug } = module;
  if (!isFormatPlug(formatPlug)) throw unusable(file, "it does not export 'formatPlug'");
  return formatPlug;
}

/** As far as can be told without using it. */
function isFormatPlug(value: unknown): value is FormatPlug {
  if (typeof value !== 'object' || value === null) return false;
  const { format, workerModule }: { format?: unknown; workerModule?: unknown } = value;
  return typeof format === 'object' && format !== null && workerModule instanceof URL;
}

function unusable(file: string, problem: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `'${file}' is no storage format: ${problem}`, {
    cause,
    remedy: 'Name a module that exports formatPlug, as docs/formats.md shows.',
  });
}
