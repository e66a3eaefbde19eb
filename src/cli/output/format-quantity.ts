const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 B`, `80.0 MiB`, `1.5 GiB`: powers of 1024, named as such. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${sizeBytes} B`;
  let size = sizeBytes / 1024;
  let unit: (typeof units)[number] = 'KiB';
  for (const larger of units.slice(1)) {
    // 1023.95 and more would be shown as 1024.0.
    if (size < 1023.95) break;
    size /= 1024;
    unit = larger;
  }
  return `${size.toFixed(1)} ${unit}`;
}

/** `1 block`, `2 blocks`, `16,384 blocks`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/**
 * `16,384`: a whole number, grouped the same way on every machine. By hand, because the first call
 * of the locale's formatter takes longer than all else that is printed.
 */
export function formatNumber(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `45 %`, rounded down, so that 100 % means all of it. */
export function formatPercent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((part / whole) * 100)} %`;
}
