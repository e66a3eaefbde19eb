import type { TextOutput } from '../../../src/cli/cli-dependencies.ts';

/** An output that keeps what was written. */
export function captured({ isTerminal }: { readonly isTerminal: boolean }): TextOutput & {
  readonly text: () => string;
} {
  const chunks: string[] = [];
  return {
    isTerminal,
    columns: 100,
    write: (text) => {
      chunks.push(text);
      return Promise.resolve();
    },
    text: () => chunks.join(''),
  };
}
