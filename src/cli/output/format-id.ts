/** Long enough to be unique among the sessions of years, short enough for a table. */
const shownLength = 8;

/** The beginning of an id, as tables show it and arguments accept it. */
export function formatId(id: string): string {
  return id.slice(0, shownLength);
}
