import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import type { EditorState, Extension, TransactionSpec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import type { Warning } from "../../errors.js";
import type { Session } from "../session.js";
import { extentOf, offsetOf } from "./place.js";

/** What is wrong with the text, or may be. */
export interface Complaint extends Omit<Warning, "code"> {
  readonly severity: "error" | "warning";
}

/** @param withWarnings finding them takes as long as compiling: not while somebody types */
export function complaintsOf(
  { error, loaded }: Session,
  withWarnings: boolean,
): readonly Complaint[] {
  if (error) return [{ ...pick(error), severity: "error" }];
  if (!loaded || !withWarnings) return [];
  return loaded.simulator.warnings.map((one) => ({ ...pick(one), severity: "warning" }));
}

function pick({ message, place, hint }: Omit<Warning, "code">): Omit<Warning, "code"> {
  return { message, place, hint };
}

/** Underlines the complaints that have a place. */
export function showComplaints(state: EditorState, all: readonly Complaint[]): TransactionSpec {
  const diagnostics = all.flatMap(({ severity, message, hint, place }): Diagnostic[] => {
    if (!place) return [];
    const extent = extentOf(state, offsetOf(state, place));
    return [{ ...extent, severity, message: hint === undefined ? message : `${message}\n${hint}` }];
  });
  return setDiagnostics(
    state,
    diagnostics.sort((a, b) => a.from - b.from),
  );
}

/** F8 goes from complaint to complaint, Ctrl-Shift-M lists them. */
export const complaintMarks: Extension = [lintGutter(), keymap.of(lintKeymap)];
