/** A command of a page of the documentation, and what it prints. */
export interface ConsoleSample {
  readonly command: string;
  /** Beginnings of lines; `<...>` stands for anything. */
  readonly output: readonly string[];
}

/** Those of its blocks of kind `console`; a command may go on after a backslash at the end of a line. */
export function consoleSamplesOf(text: string): readonly ConsoleSample[] {
  return [...text.matchAll(/```console\n([\s\S]*?)\n *```/g)].flatMap(([, block = '']) =>
    block
      .split(/^ *\$ /m)
      .slice(1)
      .map((sample) => {
        const [command = '', ...output] = sample
          .replaceAll(/ \\\n */g, ' ')
          .trimEnd()
          .split('\n');
        return { command, output };
      }),
  );
}

/** What a line of the output has to look like. */
export function patternOfLine(line: string): RegExp {
  const parts = line.trim().split(/<[^>]+>/);
  const literal = parts.map((part) =>
    part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+'),
  );
  return new RegExp(`^\\s*${literal.join('.+')}`, 'm');
}
