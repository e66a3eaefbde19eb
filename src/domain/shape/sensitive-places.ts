import type { FieldNodes, ShapeNode } from './shape.ts';
import type { ShapePath } from './shape-problem.ts';

/** What becomes of a sensitive value at its place. */
export type SensitiveChange = (value: unknown, path: ShapePath) => unknown;

/** Whether values of this shape can have anything sensitive in them. */
export function mayBeSensitive(node: ShapeNode): boolean {
  switch (node.kind) {
    case 'sensitive':
      return true;
    case 'list':
    case 'nullable':
      return mayBeSensitive(node.of);
    case 'object':
      return Object.values(node.fields).some((field) => mayBeSensitive(field.node));
    case 'variants':
      return Object.values(node.variants).some((fields) =>
        Object.values(fields).some((field) => mayBeSensitive(field.node)),
      );
    // Shapes that contain themselves are those of policies, which are read from documents.
    case 'named':
    case 'integer':
    case 'integer-choice':
    case 'text':
    case 'choice':
    case 'map':
      return false;
  }
}

/** A checked value in which every sensitive value is replaced by what `change` makes of it. */
export function changeSensitive(
  node: ShapeNode,
  value: unknown,
  change: SensitiveChange,
  path: ShapePath = [],
): unknown {
  if (!mayBeSensitive(node)) return value;
  switch (node.kind) {
    case 'sensitive':
      return change(value, path);
    case 'list':
      return (value as readonly unknown[]).map((item, index) =>
        changeSensitive(node.of, item, change, [...path, index]),
      );
    case 'nullable':
      return value === null ? null : changeSensitive(node.of, value, change, path);
    case 'object':
      return changeFields(node.fields, value, change, path);
    case 'variants': {
      const { kind } = value as { readonly kind: string };
      return changeFields(node.variants[kind] ?? {}, value, change, path);
    }
    case 'named':
    case 'integer':
    case 'integer-choice':
    case 'text':
    case 'choice':
    case 'map':
      return value;
  }
}

function changeFields(
  fields: FieldNodes,
  value: unknown,
  change: SensitiveChange,
  path: ShapePath,
): unknown {
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, unknown>>).map(([name, content]) => {
      const field = fields[name];
      return [
        name,
        field === undefined
          ? content
          : changeSensitive(field.node, content, change, [...path, name]),
      ];
    }),
  );
}
