import { unreachable } from '../errors/unreachable.ts';
import { ofEventsOnly } from './sealed-value.ts';
import type { FieldNodes, JsonSchema, Shape, ShapeNode } from './shape.ts';

/** The JSON Schema (2020-12) that accepts what `readShape` accepts. */
export function jsonSchemaOf<T>(
  shape: Shape<T>,
  head: { readonly $id: string; readonly title: string; readonly description: string },
): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const root = schemaOf(shape.node, definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...head,
    ...root,
    $defs: Object.fromEntries(definitions),
  };
}

function schemaOf(node: ShapeNode, definitions: Map<string, JsonSchema>): JsonSchema {
  switch (node.kind) {
    case 'integer':
      return { type: 'integer', minimum: node.min, maximum: node.max };
    case 'text': {
      const { minLength, maxLength, pattern } = node;
      return { type: 'string', minLength, maxLength, ...(pattern === null ? {} : { pattern }) };
    }
    case 'choice':
    case 'integer-choice':
      return { enum: node.values };
    case 'list':
      return {
        type: 'array',
        items: schemaOf(node.of, definitions),
        minItems: node.minItems,
        maxItems: node.maxItems,
        ...node.condition,
      };
    case 'nullable':
      return { anyOf: [schemaOf(node.of, definitions), { type: 'null' }] };
    case 'object':
      return {
        ...objectSchema(node.fields, {}, definitions),
        ...(node.conditions.length === 0 ? {} : { allOf: node.conditions }),
      };
    case 'variants':
      return {
        oneOf: Object.entries(node.variants).map(([kind, fields]) =>
          objectSchema(fields, { kind: { const: kind } }, definitions),
        ),
      };
    case 'map':
      return { type: 'object' };
    case 'sensitive':
      throw ofEventsOnly();
    case 'named': {
      if (!definitions.has(node.name)) {
        // Before it is made: it leads to itself.
        definitions.set(node.name, {});
        definitions.set(node.name, schemaOf(node.of(), definitions));
      }
      return { $ref: `#/$defs/${node.name}` };
    }
    default:
      return unreachable(node);
  }
}

function objectSchema(
  fields: FieldNodes,
  discriminator: Readonly<Record<string, JsonSchema>>,
  definitions: Map<string, JsonSchema>,
): JsonSchema {
  const properties = Object.entries(fields).map(([name, { node, description, fallback }]) => [
    name,
    {
      ...(description === undefined ? {} : { description }),
      ...schemaOf(node, definitions),
      ...(fallback === undefined ? {} : { default: fallback.value }),
    },
  ]);
  return {
    type: 'object',
    properties: { ...discriminator, ...Object.fromEntries(properties) },
    required: [
      ...Object.keys(discriminator),
      ...Object.entries(fields)
        .filter(([, { fallback }]) => fallback === undefined)
        .map(([name]) => name),
    ],
    additionalProperties: false,
  };
}
