interface TextLength {
  readonly minLength: number;
  readonly maxLength: number;
}

/** Whether a text has as many characters as it may: code points, as JSON Schema counts them. */
export function hasLength(value: string, { minLength, maxLength }: TextLength): boolean {
  // A character takes one or two units; counting them is left for where that does not decide.
  if (value.length < minLength || value.length > 2 * maxLength) return false;
  if (value.length >= 2 * minLength && value.length <= maxLength) return true;
  const { length } = Array.from(value);
  return length >= minLength && length <= maxLength;
}
