import { unreachable } from '../errors/unreachable.ts';
import { sealedShape } from './sealed-value.ts';
import type { FieldNodes, ShapeNode } from './shape.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value that a check has found sound, without the fields that its shape does not have, at any depth. */
export function keepKnown(node: ShapeNode, value: unknown): unknown {
  switch (node.kind) {
    case 'integer':
    case 'text':
    case 'choice':
    case 'integer-choice':
    case 'map':
      return value;
    case 'list':
      return (value as readonly unknown[]).map((item) => keepKnown(node.of, item));
    case 'nullable':
      return value === null ? null : keepKnown(node.of, value);
    case 'object':
      return keepFields(node.fields, value as Fields);
    case 'variants': {
      const { kind } = value as { readonly kind: string };
      return { kind, ...keepFields(node.variants[kind] ?? {}, value as Fields) };
    }
    case 'sensitive':
      // As it is recorded.
      return keepKnown(sealedShape.node, value);
    case 'named':
      return keepKnown(node.of(), value);
    default:
      return unreachable(node);
  }
}

function keepFields(fields: FieldNodes, value: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { node }]) => [name, keepKnown(node, value[name])]),
  );
}
