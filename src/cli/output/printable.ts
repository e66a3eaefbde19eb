const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * Text from elsewhere (names, messages) without the control characters that could redraw or
 * recolour a terminal.
 */
export function printable(text: string): string {
  return text.replace(controlCharacters, '?');
}
