import type { Figures } from './figures.ts';

/** Of the same rows of several rounds one row each, with the medians of what was measured. */
export function medianFigures(rounds: readonly (readonly Figures[])[]): readonly Figures[] {
  const [first = []] = rounds;
  return first.map((row, index) => {
    const same = rounds.flatMap((rows) => rows.slice(index, index + 1));
    return {
      ...row,
      seconds: median(same.map(({ seconds }) => seconds)),
      peakMib: row.peakMib === null ? null : median(same.map(({ peakMib }) => peakMib ?? 0)),
      storedMib:
        row.storedMib === null ? null : median(same.map(({ storedMib }) => storedMib ?? 0)),
    };
  });
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  const [low = NaN, high = low] = sorted.slice(middle, Math.ceil((sorted.length - 1) / 2) + 1);
  return (low + high) / 2;
}
