import type { Verdict } from "../seccomp/verdict.js";

/** How a verdict looks: never by colour alone, but by a letter and a shape, too. */
export interface Look {
  /** One letter for tables. */
  readonly letter: string;
  /** Names the colour: the CSS variables `--TONE` (text, marks) and `--TONE-soft` (surfaces). */
  readonly tone: "allow" | "log" | "errno" | "trap" | "trace" | "notify" | "kill" | "unknown";
  /** An outline in a box of 16 by 16. */
  readonly shape: string;
  /** A sign inside of it. */
  readonly sign: string;
}

const CIRCLE = "M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1z";
const SQUARE =
  "M3 1.5h10A1.5 1.5 0 0 1 14.5 3v10a1.5 1.5 0 0 1-1.5 1.5H3A1.5 1.5 0 0 1 1.5 13V3A1.5 1.5 0 0 1 3 1.5z";
const OCTAGON = "M5 1h6l4 4v6l-4 4H5l-4-4V5z";
const TRIANGLE = "M8 1.2L15.4 14.5H.6z";
const DIAMOND = "M8 .6L15.4 8 8 15.4.6 8z";

const CHECK = "M4.8 8.3l2.2 2.2 4.2-4.6";
const CROSS = "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2";
const LINES = "M5 6h6M5 8h6M5 10h4";
const BAR = "M4.5 8h7";
const BANG = "M8 6v4M8 11.7v.4";
const EYE = "M5.5 8h5M8 5.5v5";

const LOOKS: Readonly<Record<Verdict["action"], Look>> = {
  ALLOW: { letter: "A", tone: "allow", shape: CIRCLE, sign: CHECK },
  LOG: { letter: "L", tone: "log", shape: CIRCLE, sign: LINES },
  ERRNO: { letter: "E", tone: "errno", shape: SQUARE, sign: CROSS },
  TRAP: { letter: "T", tone: "trap", shape: TRIANGLE, sign: BANG },
  TRACE: { letter: "R", tone: "trace", shape: DIAMOND, sign: EYE },
  USER_NOTIF: { letter: "N", tone: "notify", shape: DIAMOND, sign: BAR },
  KILL_THREAD: { letter: "K", tone: "kill", shape: OCTAGON, sign: CROSS },
  KILL_PROCESS: { letter: "K", tone: "kill", shape: OCTAGON, sign: CROSS },
  STRICT_KILL: { letter: "K", tone: "kill", shape: OCTAGON, sign: CROSS },
  UNKNOWN: { letter: "?", tone: "unknown", shape: SQUARE, sign: BANG },
};

export function lookOf({ action }: Pick<Verdict, "action">): Look {
  return LOOKS[action];
}
