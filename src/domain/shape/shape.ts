import type { Sensitive } from '../sensitive/sensitive.ts';

/**
 * What a plain value (of JSON or YAML) has to look like, as data: values are read by it, and its
 * JSON Schema is made of it, so that the two cannot differ. Only the `conditions` between fields, and between
 * entries of a list, are for the schema alone: whoever judges the meaning of what was read judges them, in words of his own.
 */
export interface Shape<T> {
  readonly node: ShapeNode;
  /** For the compiler only, never set: a shape is of exactly this type, not of more nor of fewer values. */
  readonly describes?: Exactly<T>;
}

type Exactly<T> = (value: T) => T;

export type ShapeNode =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'integer-choice'; readonly values: readonly number[] }
  | {
      readonly kind: 'text';
      /** Lengths are in characters (code points), as JSON Schema counts them. */
      readonly minLength: number;
      readonly maxLength: number;
      /** Of the whole text, in the syntax that JSON Schema and JavaScript share. */
      readonly pattern: string | null;
      /** What the pattern means, to complete "has to be …". */
      readonly meaning: string;
    }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | {
      readonly kind: 'list';
      readonly of: ShapeNode;
      readonly minItems: number;
      readonly maxItems: number;
      /** Keywords besides. */
      readonly condition: JsonSchema;
    }
  | { readonly kind: 'nullable'; readonly of: ShapeNode }
  | {
      readonly kind: 'object';
      readonly fields: FieldNodes;
      /** Each has to hold. */
      readonly conditions: readonly JsonSchema[];
    }
  /** An object whose `kind` says which fields it has. */
  | { readonly kind: 'variants'; readonly variants: Readonly<Record<string, FieldNodes>> }
  /** An object with any fields at all, which hold anything. */
  | { readonly kind: 'map' }
  /** Of an event: what is recorded sealed, and can be forgotten. */
  | { readonly kind: 'sensitive'; readonly of: ShapeNode }
  /** A shape that contains itself. */
  | { readonly kind: 'named'; readonly name: string; readonly of: () => ShapeNode };

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type FieldNodes = Readonly<Record<string, FieldNode>>;

export interface FieldNode {
  readonly node: ShapeNode;
  /** Absent where a document explains the fields. */
  readonly description?: string;
  /** Taken when the field is left out; without one it must be there. */
  readonly fallback?: { readonly value: unknown };
}

/** A field of an object whose value is a `T`; a shape alone is one that has to be there. */
export interface Field<T> extends FieldNode {
  readonly describes?: Exactly<T>;
}

export type Fields<T> = { readonly [Name in keyof T]-?: Field<T[Name]> };

export function required<T>(shape: Shape<T>, description: string): Field<T> {
  return { node: shape.node, description };
}

export function optional<T>(shape: Shape<T>, fallback: T, description: string): Field<T> {
  return { node: shape.node, description, fallback: { value: fallback } };
}

export function integer<T extends number = number>(min: number, max: number): Shape<T> {
  return { node: { kind: 'integer', min, max } };
}

export function integerChoice(...values: readonly number[]): Shape<number> {
  return { node: { kind: 'integer-choice', values } };
}

export function text<T extends string = string>(options: {
  readonly minLength?: number;
  readonly maxLength: number;
  readonly pattern?: string;
  readonly meaning: string;
}): Shape<T> {
  const { minLength = 1, maxLength, pattern = null, meaning } = options;
  return { node: { kind: 'text', minLength, maxLength, pattern, meaning } };
}

export function choice<const T extends string>(...values: readonly T[]): Shape<T> {
  return { node: { kind: 'choice', values } };
}

export function list<T>(
  of: Shape<T>,
  options: {
    readonly minItems?: number;
    readonly maxItems: number;
    readonly condition?: JsonSchema;
  },
): Shape<readonly T[]> {
  const { minItems = 0, maxItems, condition = {} } = options;
  return { node: { kind: 'list', of: of.node, minItems, maxItems, condition } };
}

export function nullable<T>(of: Shape<T>): Shape<T | null> {
  return { node: { kind: 'nullable', of: of.node } };
}

export function object<T>(fields: Fields<T>, ...conditions: readonly JsonSchema[]): Shape<T> {
  return { node: { kind: 'object', fields, conditions } };
}

/** Only for events: no document has any. */
export function sensitive<T>(of: Shape<T>): Shape<Sensitive<T>> {
  return { node: { kind: 'sensitive', of: of.node } };
}

/** One list of fields for each `kind` of a discriminated union. */
export function variants<T extends { readonly kind: string }>(cases: Variants<T>): Shape<T> {
  return { node: { kind: 'variants', variants: cases } };
}

export type Variants<T extends { readonly kind: string }> = {
  readonly [Kind in T['kind']]: Fields<Omit<CaseOf<T, Kind>, 'kind'>>;
};

/** The member of a union that has this kind, be it one of several that it may have. */
type CaseOf<T extends { readonly kind: string }, Kind extends string> = T extends unknown
  ? Kind extends T['kind']
    ? T
    : never
  : never;

/** A map from any names to anything. */
export function map(): Shape<Readonly<Record<string, unknown>>> {
  return { node: { kind: 'map' } };
}

export function named<T>(name: string, of: () => Shape<T>): Shape<T> {
  return { node: { kind: 'named', name, of: () => of().node } };
}
