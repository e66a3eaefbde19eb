/** Which table the reasons of the items of a list stand in. */
const tablesOfLists: Readonly<Record<string, 'keepReasons' | 'removeReasons'>> = {
  keep: 'keepReasons',
  remove: 'removeReasons',
  expire: 'removeReasons',
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * An event's data as a report shows them. A retention plan is recorded with each reason once, and
 * items name its place in a list (docs/events.md, RetentionDecided): a reader gets the reason instead.
 */
export function shownData(data: unknown): unknown {
  if (!isFields(data) || !Array.isArray(data['keepReasons'])) return data;
  const { keepReasons, removeReasons, ...rest } = data;
  return withReasons(rest, { keepReasons, removeReasons }, 'keepReasons');
}

function withReasons(value: unknown, tables: Fields, table: string): unknown {
  if (Array.isArray(value)) return value.map((one) => withReasons(one, tables, table));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => {
      if (name === 'reasons') return [name, reasonsInWords(content, tables[table])];
      if (name === 'held') return [name, reasonsInWords(content, tables['keepReasons'])];
      return [name, withReasons(content, tables, tablesOfLists[name] ?? table)];
    }),
  );
}

/** What is not as it should be is shown as it is: an export shows what is recorded. */
function reasonsInWords(places: unknown, table: unknown): unknown {
  if (!Array.isArray(places) || !Array.isArray(table)) return places;
  return places.map((place: unknown) => {
    const reason: unknown = typeof place === 'number' ? table[place] : undefined;
    return isFields(reason) ? reasonInWords(reason) : place;
  });
}

/** `within count (keep 7)`, `expired (age 30 days)`. */
function reasonInWords({ kind, ...fields }: Fields): string {
  const said = Object.entries(fields).map(([name, value]) => `${spaced(name)} ${inWords(value)}`);
  return spaced(String(kind)) + (said.length === 0 ? '' : ` (${said.join(', ')})`);
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(' ');
  return isFields(value) ? Object.values(value).map(inWords).join(' ') : String(value);
}

function spaced(name: string): string {
  return name
    .replaceAll('-', ' ')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
