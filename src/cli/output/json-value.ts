import { formatUtcTime } from './format-time.ts';

/** `takenAt`, `lockedUntil`, `until`. */
const timePattern = /(?:At|[uU]ntil)$/;

/**
 * A value as `--json` prints it: timestamps, which the engine keeps as milliseconds under names
 * that end in `At` or `until`, become ISO 8601 UTC. The `configuration` of an instance is its cloud's own and
 * stays as it is.
 */
export function jsonValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, content]: readonly [string, unknown]) => {
      if (name === 'configuration') return [name, content];
      const isTimestamp = timePattern.test(name) && typeof content === 'number';
      return [name, isTimestamp ? formatUtcTime(content) : jsonValue(content)];
    }),
  );
}
