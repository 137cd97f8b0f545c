/** What is written: integers of any size, and keys in their order; those that are `undefined` are left out. */
export type Tree = string | bigint | readonly Tree[] | TreeObject;

export interface TreeObject {
  readonly [key: string]: Tree | undefined;
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

/** JSON, laid out as `JSON.stringify(tree, undefined, 2)` would, which cannot write a bigint. */
export function formatJson(tree: Tree, margin = ""): string {
  if (typeof tree === "string") return JSON.stringify(tree);
  if (typeof tree === "bigint") return tree.toString();
  const inner = `${margin}  `;
  if (isList(tree)) {
    const items = tree.map((item) => formatJson(item, inner));
    return enclose("[", items, "]", margin);
  }
  const members = Object.entries(tree).flatMap(([key, value]) =>
    value === undefined ? [] : `${JSON.stringify(key)}: ${formatJson(value, inner)}`,
  );
  return enclose("{", members, "}", margin);
}

function enclose(open: string, parts: readonly string[], close: string, margin: string): string {
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => `${margin}  ${part}`).join(",\n")}\n${margin}${close}`;
}
