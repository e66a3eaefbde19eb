/** A plain value as nested lists. */
export function valueHtml(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    return value.map((item) => valueHtml(item)).join('<br>');
  }
  if (typeof value !== 'object' || value === null) return escapeHtml(String(value));
  const items = Object.entries(value).map(([name, content]: readonly [string, unknown]) => {
    const isTime = name.endsWith('At') && typeof content === 'number';
    const shown = isTime ? timeText(content) : valueHtml(content);
    return `<dt>${escapeHtml(name)}</dt><dd>${shown}</dd>`;
  });
  return items.length === 0 ? '' : `<dl>${items.join('')}</dl>`;
}

export function tableHtml(titles: readonly string[], rows: readonly string[]): string {
  const heads = titles.map((title) => `<th>${title}</th>`).join('');
  return `<table><thead><tr>${heads}</tr></thead><tbody>\n${rows.join('')}</tbody></table>\n`;
}

/** `SnapshotTaken` as `Snapshot taken`. */
export function typeInWords(type: string): string {
  const words = type.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function timeText(timestampMs: number): string {
  return new Date(timestampMs).toISOString().replace('T', ' ').replace('Z', '');
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
