import { counted } from '../errors/counted.ts';
import { unreachable } from '../errors/unreachable.ts';
import { ofEventsOnly } from './sealed-value.ts';
import type { FieldNodes, Shape, ShapeNode } from './shape.ts';
import { showValue as show } from './show-value.ts';
import type { ShapePath, ShapeProblem } from './shape-problem.ts';
import { hasLength } from './text-length.ts';

export type ReadResult<T> =
  | { readonly outcome: 'sound'; readonly value: T }
  | { readonly outcome: 'wrong'; readonly problems: readonly ShapeProblem[] };

/** A value nested deeper than this has lost its author; nothing legal comes near. */
const depthMax = 40;

/**
 * Reads a plain value of unknown making. Gives a new value that has exactly the fields of the
 * shape, those that were left out with their fallbacks; or everything that is wrong with it.
 */
export function readShape<T>(shape: Shape<T>, value: unknown): ReadResult<T> {
  const problems: ShapeProblem[] = [];
  const read = readNode(shape.node, value, [], problems);
  // The one place where an unknown value becomes a known one: each of its parts has been checked.
  return problems.length === 0
    ? { outcome: 'sound', value: read as T }
    : { outcome: 'wrong', problems };
}

function readNode(
  node: ShapeNode,
  value: unknown,
  path: ShapePath,
  problems: ShapeProblem[],
): unknown {
  const wrong = (message: string, remedy: string): null => {
    problems.push({ path, at: 'value', message, remedy });
    return null;
  };
  if (path.length > depthMax) return wrong('is nested too deeply', 'Write it with fewer levels.');
  switch (node.kind) {
    case 'integer': {
      const { min, max } = node;
      return isInteger(value) && value >= min && value <= max
        ? value
        : wrong(`is ${show(value)}`, `Give a whole number from ${min} to ${max}.`);
    }
    case 'text': {
      const { pattern, meaning } = node;
      const isSound =
        typeof value === 'string' &&
        hasLength(value, node) &&
        (pattern === null || new RegExp(pattern, 'u').test(value));
      return isSound ? value : wrong(`is ${show(value)}`, `Give ${meaning}.`);
    }
    case 'choice':
    case 'integer-choice':
      return node.values.some((one) => one === value)
        ? value
        : wrong(`is ${show(value)}`, `Give one of: ${node.values.join(', ')}.`);
    case 'list': {
      const { minItems, maxItems, of } = node;
      if (!Array.isArray(value)) return wrong(`is ${show(value)}, not a list`, 'Give a list.');
      if (value.length < minItems || value.length > maxItems) {
        return wrong(
          `has ${counted(value.length, 'entry', 'entries')}`,
          `Give ${minItems} to ${maxItems} entries.`,
        );
      }
      return value.map((item, index) => readNode(of, item, [...path, index], problems));
    }
    case 'nullable':
      return value === null ? null : readNode(node.of, value, path, problems);
    case 'object':
      return isPlainObject(value)
        ? readFields(node.fields, value, path, problems)
        : wrong(`is ${show(value)}, not a map`, 'Give its fields.');
    case 'variants': {
      const kinds = Object.keys(node.variants).join(', ');
      if (!isPlainObject(value)) {
        return wrong(`is ${show(value)}, not a map`, `Give a map with a kind: one of ${kinds}.`);
      }
      const { kind, ...rest } = value;
      if (typeof kind !== 'string' || !Object.hasOwn(node.variants, kind)) {
        const message = kind === undefined ? 'has no kind' : `has the unknown kind ${show(kind)}`;
        return wrong(message, `Give a kind: one of ${kinds}.`);
      }
      const fields = node.variants[kind] ?? {};
      return { kind, ...readFields(fields, rest, path, problems) };
    }
    case 'map':
      if (!isPlainObject(value)) return wrong(`is ${show(value)}, not a map`, 'Give its fields.');
      return value;
    case 'sensitive':
      throw ofEventsOnly();
    case 'named':
      return readNode(node.of(), value, path, problems);
    default:
      return unreachable(node);
  }
}

function readFields(
  fields: FieldNodes,
  value: Readonly<Record<string, unknown>>,
  path: ShapePath,
  problems: ShapeProblem[],
): Readonly<Record<string, unknown>> {
  const allowed = Object.keys(fields);
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) continue;
    const remedy = `Use one of: ${allowed.join(', ')}.`;
    problems.push({ path: [...path, name], at: 'field', message: 'is not known', remedy });
  }
  const read: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (Object.hasOwn(value, name)) {
      read[name] = readNode(field.node, value[name], [...path, name], problems);
    } else if (field.fallback !== undefined) {
      read[name] = field.fallback.value;
    } else {
      problems.push({ path, at: 'value', message: `has no ${name}`, remedy: `Add ${name}.` });
    }
  }
  return read;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
