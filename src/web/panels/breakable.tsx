/** Text whose lines may end behind a flag, and inside a name where it has a `_`. */
export function breakable(text: string) {
  const ends = text.includes("|") ? /(?<=\|)/ : /(?<=_)/;
  return text.split(ends).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]));
}
