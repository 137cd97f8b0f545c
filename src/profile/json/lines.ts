import type { Place } from "../../errors.js";

/**
 * Turns offsets of a text into places. Lines end with LF (a CR before it belongs to the line);
 * columns count UTF-16 units, as editors do. The line table is made at the first question.
 */
export function createLocator(text: string, file: string): (offset: number) => Place {
  let starts: number[] | undefined;
  /** The line of the last answer: most questions are about it or one of the next. */
  let line = 0;
  const isIn = (index: number, offset: number): boolean => {
    const next = starts?.[index + 1];
    return (starts?.[index] ?? Infinity) <= offset && (next === undefined || offset < next);
  };
  return (offset) => {
    starts ??= lineStarts(text);
    if (!isIn(line, offset)) line = isIn(line + 1, offset) ? line + 1 : lineOf(starts, offset);
    return { file, line: line + 1, column: offset - (starts[line] as number) + 1, offset };
  };
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
