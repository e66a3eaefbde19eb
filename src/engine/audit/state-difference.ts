/** One value that is not what it was. */
export interface StateDifference {
  /** Names and positions from the top: `transfers.0.endPlanned`. */
  readonly path: string;
  /** Undefined: it was not there, or is gone. */
  readonly before: unknown;
  readonly after: unknown;
}

/** How a plain value differs from another, in the order of its fields. */
export function differencesOf(before: unknown, after: unknown): readonly StateDifference[] {
  return differencesAt('', before, after);
}

function differencesAt(path: string, before: unknown, after: unknown): readonly StateDifference[] {
  if (Object.is(before, after)) return [];
  const bothLists = Array.isArray(before) && Array.isArray(after);
  const bothMaps = isMap(before) && isMap(after);
  if (!bothLists && !bothMaps) return [{ path, before, after }];
  const old: Readonly<Record<string, unknown>> = { ...before };
  const fresh: Readonly<Record<string, unknown>> = { ...after };
  const names = new Set([...Object.keys(old), ...Object.keys(fresh)]);
  return [...names].flatMap((name) =>
    differencesAt(path === '' ? name : `${path}.${name}`, old[name], fresh[name]),
  );
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
