/** An example in the help of a command; tests run every one of them. */
export interface Example {
  /** As it is typed, from `snapledger` on. */
  readonly command: string;
  readonly meaning: string;
}

/** The examples as the help shows them. */
export function examplesText(...examples: readonly Example[]): string {
  const lines = examples.flatMap(({ command, meaning }) => [`  $ ${command}`, `      ${meaning}`]);
  return `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`;
}
