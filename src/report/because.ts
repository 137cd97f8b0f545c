import type { Because } from "../analysis/because.js";

/** The reason as a phrase: `profile.json:12 (entry 3)`, or `profile.json:12:5 (entry 3)`. */
export function formatBecause(because: Because, withColumn = false): string {
  const where = because.file === undefined ? "" : ` of ${because.file}`;
  switch (because.kind) {
    case "entry":
      return `${because.file}:${because.line}${withColumn ? `:${because.column}` : ""} (entry ${because.entry})`;
    case "default":
      return `the default action, ${because.file}:${because.line}`;
    case "stub":
      return `the runtime's ENOSYS stub${where}: newer than every call the profile names`;
    case "badArch":
      return `the bad-architecture action${where}`;
    case "mode":
      return because.detail;
    case "filter":
      return `${because.file}, instruction ${String(because.pc).padStart(4, "0")}`;
  }
}
