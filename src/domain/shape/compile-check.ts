import { counted } from '../errors/counted.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { FieldNodes, Shape, ShapeNode } from './shape.ts';
import type { ShapePath } from './shape-problem.ts';
import { sealedShape } from './sealed-value.ts';
import { showValue } from './show-value.ts';
import { hasLength } from './text-length.ts';

/** Where a value is not what its shape says. */
export interface Mismatch {
  readonly path: ShapePath;
  /** Completes "<path> …": what it is instead. */
  readonly found: string;
  /** Completes "it has to be …". */
  readonly expected: string;
}

/** Finds the first thing that is wrong with a value; null: it is as its shape says. */
export type Check = (value: unknown) => Mismatch | null;

/** What to say of fields that the shape does not have, at any depth. */
export type UnknownFields = 'ignored' | 'refused';

/** Whether what is sensitive is looked at as it is recorded, or as the program has it. */
export type SensitiveForm = 'sealed' | 'opened';

/** A value nested deeper than this was made by nobody. */
const depthMax = 40;

/**
 * Makes a check out of a shape, once, that is quick enough to be made of every value that is ever
 * read. Unlike `readShape` it takes nothing for granted: a field with a fallback has to be there too.
 */
export function compileCheck<T>(
  shape: Shape<T>,
  unknownFields: UnknownFields,
  form: SensitiveForm = 'opened',
): Check {
  return compileNode(shape.node, { unknownFields, form, named: new Map(), depth: 0 });
}

interface Compilation {
  readonly unknownFields: UnknownFields;
  readonly form: SensitiveForm;
  readonly named: Map<ShapeNode, Check>;
  /** Of the named shapes that a check is in right now. */
  depth: number;
}

function compileNode(node: ShapeNode, compilation: Compilation): Check {
  switch (node.kind) {
    case 'integer': {
      const { min, max } = node;
      const expected = `a whole number from ${min} to ${max}`;
      return (value) =>
        Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
          ? null
          : mismatch(value, expected);
    }
    case 'text':
      return compileText(node);
    case 'choice':
    case 'integer-choice': {
      const values = new Set<unknown>(node.values);
      const expected = `one of: ${node.values.join(', ')}`;
      return (value) => (values.has(value) ? null : mismatch(value, expected));
    }
    case 'list':
      return compileList(node, compilation);
    case 'nullable': {
      const check = compileNode(node.of, compilation);
      return (value) => (value === null ? null : check(value));
    }
    case 'object': {
      const checkFields = compileFields(node.fields, [], compilation);
      return (value) => (isMap(value) ? checkFields(value) : mismatch(value, 'a map'));
    }
    case 'variants':
      return compileVariants(node.variants, compilation);
    case 'map':
      return (value) => (isMap(value) ? null : mismatch(value, 'a map'));
    case 'sensitive':
      return compilation.form === 'sealed'
        ? compileNode(sealedShape.node, compilation)
        : compileVariants({ known: { value: { node: node.of } }, forgotten: {} }, compilation);
    case 'named':
      return compileNamed(node, compilation);
    default:
      return unreachable(node);
  }
}

function compileText(node: Extract<ShapeNode, { readonly kind: 'text' }>): Check {
  const { pattern, meaning } = node;
  const expression = pattern === null ? null : new RegExp(pattern, 'u');
  return (value) =>
    typeof value === 'string' &&
    hasLength(value, node) &&
    (expression === null || expression.test(value))
      ? null
      : mismatch(value, meaning);
}

function compileList(
  { of, minItems, maxItems }: Extract<ShapeNode, { readonly kind: 'list' }>,
  compilation: Compilation,
): Check {
  const check = compileNode(of, compilation);
  const expected = `a list of ${minItems} to ${maxItems} entries`;
  return (value) => {
    if (!Array.isArray(value)) return mismatch(value, expected);
    if (value.length < minItems || value.length > maxItems) {
      return { path: [], found: `has ${counted(value.length, 'entry', 'entries')}`, expected };
    }
    for (let index = 0; index < value.length; index += 1) {
      const found = check(value[index]);
      if (found !== null) return within(index, found);
    }
    return null;
  };
}

function compileVariants(
  variants: Readonly<Record<string, FieldNodes>>,
  compilation: Compilation,
): Check {
  const kinds = Object.keys(variants);
  const checks = new Map<unknown, FieldsCheck>(
    Object.entries(variants).map(([kind, fields]) => [
      kind,
      compileFields(fields, ['kind'], compilation),
    ]),
  );
  const expected = `one of: ${kinds.join(', ')}`;
  return (value) => {
    if (!isMap(value)) return mismatch(value, 'a map');
    const kind = value['kind'];
    const checkFields = checks.get(kind);
    if (checkFields !== undefined) return checkFields(value);
    return within('kind', kind === undefined ? missing(expected) : mismatch(kind, expected));
  };
}

function compileNamed(
  node: Extract<ShapeNode, { readonly kind: 'named' }>,
  compilation: Compilation,
): Check {
  const known = compilation.named.get(node);
  if (known !== undefined) return known;
  let check: Check | null = null;
  const guarded: Check = (value) => {
    if (compilation.depth >= depthMax) {
      return { path: [], found: 'is nested too deeply', expected: `${depthMax} levels at most` };
    }
    compilation.depth += 1;
    try {
      // Not before it is needed: it may lead to itself.
      check ??= compileNode(node.of(), compilation);
      return check(value);
    } finally {
      compilation.depth -= 1;
    }
  };
  compilation.named.set(node, guarded);
  return guarded;
}

type FieldsCheck = (value: Readonly<Record<string, unknown>>) => Mismatch | null;

/** @param besides names that are known, and checked already */
function compileFields(
  fields: FieldNodes,
  besides: readonly string[],
  compilation: Compilation,
): FieldsCheck {
  const checks = Object.entries(fields).map(([name, { node }]) => ({
    name,
    check: compileNode(node, compilation),
  }));
  const known = new Set([...Object.keys(fields), ...besides]);
  const refusesUnknown = compilation.unknownFields === 'refused';
  return (value) => {
    for (const { name, check } of checks) {
      const field = value[name];
      const found = check(field);
      if (found === null) continue;
      return within(name, field === undefined ? missing(found.expected) : found);
    }
    if (!refusesUnknown) return null;
    const unknown = Object.keys(value).find((name) => !known.has(name));
    return unknown === undefined
      ? null
      : within(unknown, {
          path: [],
          found: 'is not known',
          expected: `left out, or one of: ${[...known].join(', ')}`,
        });
  };
}

function mismatch(value: unknown, expected: string): Mismatch {
  return { path: [], found: `is ${showValue(value)}`, expected };
}

function missing(expected: string): Mismatch {
  return { path: [], found: 'is missing', expected };
}

function within(step: string | number, { path, found, expected }: Mismatch): Mismatch {
  return { path: [step, ...path], found, expected };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
