/**
 * Text whose lines may end behind a flag, and inside a name where it has a `_`. Browsers take such a place for a blank when
 * they name what holds the text for a screen reader: give it a label.
 */
export function breakable(text: string) {
  const ends = text.includes("|") ? /(?<=\|)/ : /(?<=_)/;
  return text.split(ends).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]));
}
