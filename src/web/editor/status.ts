import type { SeccompSimError, Warning } from "../../errors.js";

/** A complaint in one line: `line 3, column 5: unknown key "nam"; did you mean "name"?` */
export function errorLine(error: Pick<SeccompSimError | Warning, "message" | "hint">): string {
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}
