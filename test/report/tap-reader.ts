import { parse } from "yaml";

export interface TestPoint {
  readonly ok: boolean;
  readonly description: string;
  readonly directive: string | undefined;
  readonly diagnostics: Record<string, unknown> | undefined;
}

/**
 * Reads TAP 14 by the letter of https://testanything.org/tap-version-14-specification.html. Stricter than
 * harnesses have to be: whatever they would pass over as no TAP ("Anything"), or count wrongly, throws.
 */
export function readTap(text: string): TestPoint[] {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.slice(0, -1).split("\n");
  if (lines.some((line) => line.includes("\r"))) throw new Error("a harness breaks lines at CR");
  if (lines.shift() !== "TAP version 14") throw new Error("the first line must be the version");
  const points: TestPoint[] = [];
  let plan: { readonly count: number; readonly after: number } | undefined;
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const planned = /^1\.\.(\d+)$/.exec(line);
    if (planned) {
      if (plan !== undefined) throw new Error("the plan must appear once");
      plan = { count: Number(planned[1]), after: points.length };
      continue;
    }
    const point = /^(not )?ok (\d+) - (.*)$/.exec(line);
    if (!point) throw new Error(`neither a plan nor a test point: ${JSON.stringify(line)}`);
    if (Number(point[2]) !== points.length + 1) throw new Error(`${point[2]} is not the next id`);
    points.push({
      ok: point[1] === undefined,
      ...splitDescription(point[3] ?? ""),
      diagnostics: lines[0]?.startsWith("  ") ? readBlock(lines) : undefined,
    });
  }
  if (plan?.count !== points.length) throw new Error("the plan does not count the points");
  if (plan.after !== 0 && plan.after !== points.length) throw new Error("points after the plan");
  return points;
}

/** Directives follow the first unescaped `#` between blanks; `\\` and `\#` are the escapes. */
function splitDescription(text: string): Pick<TestPoint, "description" | "directive"> {
  let description = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "#") {
      return { description: description.trimEnd(), directive: text.slice(i + 1).trim() };
    }
    const next = text[i + 1] ?? "";
    if (character === "\\") {
      if (next !== "\\" && next !== "#") throw new Error(`\\${next} is no escape`);
      description += next;
      i++;
    } else description += character;
  }
  return { description, directive: undefined };
}

/** Lines from `  ---` to `  ...`, each indented by two blanks, YAML 1.2 between them. */
function readBlock(lines: string[]): Record<string, unknown> {
  if (lines.shift() !== "  ---") throw new Error("a YAML block begins with ---");
  const end = lines.indexOf("  ...");
  if (end < 0) throw new Error("a YAML block ends with ...");
  const block = lines.splice(0, end + 1).slice(0, -1);
  if (block.some((line) => !line.startsWith("  "))) throw new Error("a line is not indented");
  return parse(block.map((line) => line.slice(2)).join("\n"), { version: "1.2", strict: true });
}
