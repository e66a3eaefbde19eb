import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../../src/domain/shape/shape.ts';

type Judge = (value: unknown, operand: unknown, schema: JsonSchema, root: JsonSchema) => boolean;

/** Says nothing about whether something is valid. */
const annotations = new Set(['$schema', '$id', '$defs', 'title', 'description', 'default']);

const judges: Readonly<Record<string, Judge>> = {
  $ref: (value, reference, _schema, root) => accepts(root, value, referred(root, reference)),
  type: (value, type) => typesOf(value).includes(String(type)),
  const: (value, one) => isDeepStrictEqual(value, one),
  enum: (value, all) => asList(all).some((one) => isDeepStrictEqual(value, one)),
  minimum: (value, bound) => typeof value !== 'number' || value >= Number(bound),
  maximum: (value, bound) => typeof value !== 'number' || value <= Number(bound),
  minLength: (value, bound) => typeof value !== 'string' || lengthOf(value) >= Number(bound),
  maxLength: (value, bound) => typeof value !== 'string' || lengthOf(value) <= Number(bound),
  pattern: (value, pattern) =>
    typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value),
  minItems: (value, bound) => !Array.isArray(value) || value.length >= Number(bound),
  maxItems: (value, bound) => !Array.isArray(value) || value.length <= Number(bound),
  uniqueItems: (value, wanted) =>
    wanted !== true || !Array.isArray(value) || new Set(value).size === value.length,
  items: (value, inner, _schema, root) =>
    !Array.isArray(value) || value.every((one) => accepts(root, one, asSchema(inner))),
  required: (value, names) =>
    !isMap(value) || asList(names).every((name) => Object.hasOwn(value, String(name))),
  properties: (value, inner, _schema, root) =>
    !isMap(value) ||
    Object.entries(asSchema(inner)).every(
      ([name, one]) => !Object.hasOwn(value, name) || accepts(root, value[name], asSchema(one)),
    ),
  additionalProperties: (value, allowed, { properties }) => {
    assert.equal(allowed, false, 'nothing else is written');
    return (
      !isMap(value) ||
      Object.keys(value).every((name) => Object.hasOwn(asSchema(properties ?? {}), name))
    );
  },
  allOf: (value, all, _schema, root) =>
    asList(all).every((one) => accepts(root, value, asSchema(one))),
  anyOf: (value, all, _schema, root) =>
    asList(all).some((one) => accepts(root, value, asSchema(one))),
  oneOf: (value, all, _schema, root) =>
    asList(all).filter((one) => accepts(root, value, asSchema(one))).length === 1,
  not: (value, inner, _schema, root) => !accepts(root, value, asSchema(inner)),
};

/**
 * Whether a JSON Schema (2020-12) accepts a value; of the keywords those that schemas of shapes have.
 * Another one makes a test fail.
 */
export function schemaAccepts(schema: JsonSchema, value: unknown): boolean {
  return accepts(schema, value, schema);
}

function accepts(root: JsonSchema, value: unknown, schema: JsonSchema): boolean {
  return Object.entries(schema).every(([keyword, operand]) => {
    if (annotations.has(keyword)) return true;
    const judge = judges[keyword];
    assert.ok(judge !== undefined, `keyword '${keyword}'`);
    return judge(value, operand, schema, root);
  });
}

function referred(root: JsonSchema, reference: unknown): JsonSchema {
  const name = String(reference).replace('#/$defs/', '');
  return asSchema(asSchema(root['$defs'])[name]);
}

function typesOf(value: unknown): readonly string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number')
    return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
  return [typeof value];
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): JsonSchema {
  assert.ok(isMap(value), 'a schema is a map');
  return value;
}

function asList(value: unknown): readonly unknown[] {
  assert.ok(Array.isArray(value), 'a list of schemas');
  return value;
}
