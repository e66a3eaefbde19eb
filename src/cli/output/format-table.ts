import { printable } from './printable.ts';
import { wrapText } from './wrap-text.ts';

/** No table and no paragraph is wider, whatever the terminal. */
export const lineWidthMax = 100;

/** What the last column keeps when the others are wide: enough for words. */
const lastColumnWidthMin = 16;
const gap = '  ';

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export interface TableRow {
  readonly cells: readonly string[];
  /** Shown below the row, indented. */
  readonly notes?: readonly string[];
}

/** Aligned lines of at most {@link lineWidthMax} characters; only the last column is wrapped. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
): readonly string[] {
  const header = columns.map(({ title }) => title);
  const body = rows.map((row) => ({ ...row, cells: row.cells.map(printable) }));
  const widths = columns.map((_, index) =>
    Math.max(...[header, ...body.map(({ cells }) => cells)].map((c) => (c[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(gap)
      .trimEnd();

  const lastOffset = widths.slice(0, -1).reduce((sum, width) => sum + width + gap.length, 0);
  const lastWidth = Math.max(lastColumnWidthMin, lineWidthMax - lastOffset);
  return [
    line(header),
    ...body.flatMap(({ cells, notes = [] }) => {
      const [first = '', ...more] = wrapText(cells.at(-1) ?? '', lastWidth);
      return [
        line([...cells.slice(0, -1), first]),
        ...more.map((text) => ' '.repeat(lastOffset) + text),
        ...notes.flatMap((note) =>
          wrapText(printable(note), lineWidthMax - 4).map((text) => `    ${text}`),
        ),
      ];
    }),
  ];
}
