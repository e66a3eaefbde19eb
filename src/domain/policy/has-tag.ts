/** Whether the tag is there, with this value; null: whatever its value. */
export function hasTag(
  tags: Readonly<Record<string, string>>,
  { key, value }: { readonly key: string; readonly value: string | null },
): boolean {
  return Object.hasOwn(tags, key) && (value === null || tags[key] === value);
}
