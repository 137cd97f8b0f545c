import type { Verdict } from "../seccomp/verdict.js";
import { lookOf } from "./look.js";

/** A verdict's shape and sign in its colour; decoration only, the words stand beside it. */
export function VerdictMark({
  verdict,
  size = 16,
}: {
  verdict: Pick<Verdict, "action">;
  size?: number;
}) {
  const { tone, shape, sign } = lookOf(verdict);
  return (
    <svg class={`mark ${tone}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path class="shape" d={shape} />
      <path class="sign" d={sign} />
    </svg>
  );
}
