import { formatVerdict, type Verdict } from "../../seccomp/verdict.js";
import { lookOf } from "../look.js";
import { VerdictMark } from "../mark.js";

/** A verdict in a table: shape, letter where there is no room for more, and its name. */
export function VerdictCell({ verdict }: { verdict: Verdict }) {
  const { letter, tone } = lookOf(verdict);
  return (
    <span class={`verdict-cell ${tone}`}>
      <VerdictMark verdict={verdict} size={14} />
      <b aria-hidden="true">{letter}</b>
      <span class="name">{formatVerdict(verdict)}</span>
    </span>
  );
}
