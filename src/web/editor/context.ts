/** Where a cursor stands in a profile's text. */
export interface Context {
  /** The keys of the objects around it, lists left out: `["syscalls", "args"]`. */
  readonly path: readonly string[];
  /** The key whose value (or an element of whose list) stands here; `undefined` where a key stands. */
  readonly key: string | undefined;
  /** Inside quotes: where the text in them begins. */
  readonly quoted: number | undefined;
  /** Where what is being typed begins, without quotes. */
  readonly from: number;
}

/** Reads the JSON text before the cursor, as far as it goes: it need not be complete. */
export function jsonContext(before: string): Context {
  const stack: { kind: "object" | "array"; key: string | undefined; expects: "key" | "value" }[] =
    [];
  let quoted: number | undefined;
  for (const match of before.matchAll(/"(?:\\.|[^"\\\n])*("?)|[{}[\],:]/g)) {
    const [token, close] = match;
    const top = stack.at(-1);
    quoted = undefined;
    if (token.startsWith('"')) {
      if (close === "" || token === '"') quoted = match.index + 1;
      else if (top?.kind === "object" && top.expects === "key") top.key = token.slice(1, -1);
    } else if (token === "{" || token === "[") {
      const kind = token === "{" ? "object" : "array";
      stack.push({ kind, key: undefined, expects: kind === "object" ? "key" : "value" });
    } else if (token === "}" || token === "]") stack.pop();
    else if (top && token === ":") top.expects = "value";
    else if (top?.kind === "object") {
      top.expects = "key";
      top.key = undefined;
    }
  }
  const path = stack.slice(0, -1).flatMap((one) => one.key ?? []);
  const top = stack.at(-1);
  const typed = /[\w.-]*$/.exec(before)?.[0].length ?? 0;
  const from = quoted ?? before.length - typed;
  if (top === undefined) return { path: [], key: "", quoted, from };
  if (top.kind === "object") {
    return { path, key: top.expects === "key" ? undefined : (top.key ?? ""), quoted, from };
  }
  // Elements of a list belong to the key that has the list.
  return { path, key: path.at(-1) ?? "", quoted, from };
}

/** The same for YAML in block style, by indentation. */
export function yamlContext(before: string): Context {
  const lines = before.split("\n");
  const last = lines.at(-1) ?? "";
  const quote = /["']([\w.-]*)$/.exec(last);
  const typed = /[\w.-]*$/.exec(last)?.[0].length ?? 0;
  const from = before.length - typed;
  const quoted = quote ? from : undefined;
  const [, lead = "", dash = "", rest = ""] = /^(\s*)((?:-\s+)*)(.*)$/.exec(last) ?? [];
  const inline = /^([\w$.-]+)\s*:\s+/.exec(rest);
  const indent = lead.length + dash.length;
  const path: string[] = [];
  // A list may stand at the indentation of its key.
  let limit = dash === "" ? indent : lead.length + 1;
  for (const line of lines.slice(0, -1).reverse()) {
    const found = /^(\s*(?:-\s+)*)([\w$.-]+)\s*:\s*$/.exec(line);
    const depth = found?.[1]?.length ?? 0;
    if (!found?.[2] || depth >= limit) continue;
    path.unshift(found[2]);
    limit = /-/.test(found[1] ?? "") ? (/^\s*/.exec(line)?.[0].length ?? 0) + 1 : depth;
    if (depth === 0) break;
  }
  if (inline?.[1]) return { path, key: inline[1], quoted, from };
  const plain = dash !== "" && isListOfWords(path.at(-1));
  return { path, key: plain ? path.at(-1) : undefined, quoted, from };
}

function isListOfWords(key: string | undefined): boolean {
  return /^(names|architectures|subArchitectures|flags|caps|arches)$/.test(key ?? "");
}
