import type { ImageSource } from '../../ports/image-source.ts';

/** An image under a name. */
export interface NbdExport {
  readonly name: string;
  /** For a person who lists what there is. */
  readonly description: string;
  readonly image: ImageSource;
}

/** The export of this name; the empty name stands for the only one. */
export function exportNamed(exports: readonly NbdExport[], name: string): NbdExport | null {
  const [first, second] = exports;
  if (name === '' && second === undefined) return first ?? null;
  return exports.find((one) => one.name === name) ?? null;
}
