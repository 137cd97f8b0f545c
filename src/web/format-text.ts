/**
 * A JSON text with two blanks for each level; every value stays letter by letter what it is, so that no number
 * is rounded and no key is lost. `undefined` for what is no JSON as far as brackets go.
 */
export function formatText(text: string): string | undefined {
  const tokens = text.match(/"(?:\\.|[^"\\\n])*"|[{}[\],:]|[^\s{}[\],:"]+|"/g) ?? [];
  let depth = 0;
  let out = "";
  if (tokens[0] !== "{" && tokens[0] !== "[") return undefined;
  for (const [i, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      const next = tokens[i + 1];
      out += token;
      depth++;
      if (next !== "}" && next !== "]") out += newline(depth);
    } else if (token === "}" || token === "]") {
      depth--;
      if (depth < 0) return undefined;
      const before = tokens[i - 1];
      if (before !== "{" && before !== "[") out += newline(depth);
      out += token;
    } else if (token === ",") out += `,${newline(depth)}`;
    else if (token === ":") out += ": ";
    else if (token === '"') return undefined;
    else out += token;
  }
  return depth === 0 ? `${out}\n` : undefined;
}

function newline(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}
