import { readFile } from 'node:fs/promises';

/** The sections of a page of docs/ that have a heading of the third level, by their headings. */
export async function markdownSections(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const sections = new Map<string, string>();
  for (const part of text.split(/^### /m).slice(1)) {
    const [heading = '', ...lines] = part.split('\n');
    if (sections.has(heading)) throw new Error(`${page} has two sections "${heading}"`);
    // A heading of the second level ends the section as well.
    sections.set(heading, lines.join('\n').split(/^## /m)[0] ?? '');
  }
  return sections;
}
