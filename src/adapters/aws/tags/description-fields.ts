/** A field of a description is not what it must be, although its seal is sound. */
export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
}

type Fields = Readonly<Record<string, unknown>>;

/** Each throws DescriptionError that names the field. */
export function textField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length >= 1) return value;
  throw new DescriptionError(`${name} is not a text`);
}

export function countField(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new DescriptionError(`${name} is not a whole number from 0`);
}

export function nullableTextField(fields: Fields, name: string): string | null {
  return fields[name] === null ? null : textField(fields, name);
}

export function mapField(fields: Fields, name: string): Fields {
  return asMap(fields[name], name);
}

export function listField(fields: Fields, name: string, lengthMax: number): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value) && value.length <= lengthMax) return value;
  throw new DescriptionError(`${name} is not a list of at most ${lengthMax}`);
}

export function textListField(fields: Fields, name: string, lengthMax: number): readonly string[] {
  return listField(fields, name, lengthMax).map((value, index) =>
    textField({ [`${name}[${index}]`]: value }, `${name}[${index}]`),
  );
}

export function asMap(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new DescriptionError(`${name} is not a map`);
}
