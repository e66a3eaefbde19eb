/** Something that is wrong with a value, and where in it. */
export interface ShapeProblem {
  /** Names of fields and positions in lists, from the outside inwards. */
  readonly path: ShapePath;
  /** Whether the field itself is what is wrong, or its value. */
  readonly at: 'field' | 'value';
  /** Completes "<path> …": what is wrong. */
  readonly message: string;
  /** What to do instead. */
  readonly remedy: string;
}

export type ShapePath = readonly (string | number)[];

/** `policies[0].snapshots.retention.count`; empty for the value as a whole. */
export function formatPath(path: ShapePath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join('');
}

export function problemAt(path: ShapePath, message: string, remedy: string): ShapeProblem {
  return { path, at: 'value', message, remedy };
}
