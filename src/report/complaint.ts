import { formatPlace, type SeccompSimError, type Warning } from "../errors.js";
import { printable } from "./style.js";

/** `file:line:column: message` and the hint, on lines of their own. */
export function complaintText(problem: Warning | SeccompSimError): string {
  const where = problem.place ? `${formatPlace(problem.place)}: ` : "";
  return `${printable(where)}${printableLines(complaintMessage(problem))}`;
}

/** The message and the hint, without the place. */
export function complaintMessage({ message, hint }: Warning | SeccompSimError): string {
  return printableLines(hint ? `${message}\n  hint: ${hint}` : message);
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
