/** Rows of a tab-separated file as objects, by its header line; `#` lines are comments. */
export function parseTsv(text) {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const header = lines[0].split("\t");
  const rows = lines.slice(1).map((line) => {
    const cells = line.split("\t");
    return Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ""]));
  });
  return { header, rows };
}

/** Text for a template literal. */
export function templateLiteral(lines) {
  const text = lines.join("\n");
  if (/[`\\$]/.test(text)) throw new Error("a table may not contain ` \\ or $");
  return `\`\n${text}\n\``;
}
