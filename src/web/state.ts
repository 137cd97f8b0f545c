import { CAPABILITIES, DOCKER_DEFAULT_CAPS } from "../abi/capabilities.js";
import type { TargetOptions } from "../profile/target-options.js";
import type { SampleId } from "./samples.js";

/** What stands in the editor: a sample as it came, or a text of the user's. */
export type ProfileInput =
  | { readonly kind: "sample"; readonly id: SampleId }
  | { readonly kind: "text"; readonly text: string; readonly file: string };

/** The target as the bar shows it: text, as {@link TargetOptions}, but each capability named. */
export interface PageTarget {
  readonly arch: string;
  /** Full names, sorted by number. */
  readonly caps: readonly string[];
  readonly kernel: string;
  /** `undefined` = what the profile's format means. */
  readonly engine: string | undefined;
  readonly runtime: string;
  readonly libseccomp: string;
  /** `undefined` = that of `libseccomp`. */
  readonly table?: string | undefined;
  /** `undefined` = what the runtime chooses. */
  readonly optimize?: string | undefined;
}

/** What the profile is compared with: another profile, another target, or both. */
export interface CompareInput {
  readonly profile: ProfileInput | undefined;
  readonly target: PageTarget | undefined;
}

export type PanelId = "why" | "program" | "matrix" | "compare" | "suite" | "throughput";

/** Everything that a link to the page holds. Plain data: it is written as JSON. */
export interface PageState {
  readonly profile: ProfileInput;
  readonly target: PageTarget;
  /** What is typed in the call line: calls, separated by `;` or line breaks. */
  readonly calls: string;
  /** Which of the calls the panels are about. */
  readonly selected: number;
  readonly panel: PanelId;
  readonly compare: CompareInput | undefined;
  /** Text of the suite in the suite panel; `undefined` = not begun. */
  readonly suite: string | undefined;
}

export const DEFAULT_TARGET: PageTarget = {
  arch: "x86_64",
  caps: CAPABILITIES.filter((name) => DOCKER_DEFAULT_CAPS.includes(name)),
  kernel: "6.1",
  engine: undefined,
  runtime: "runc",
  libseccomp: "2.6.1",
};

export const DEFAULT_STATE: PageState = {
  profile: { kind: "sample", id: "docker-default" },
  target: DEFAULT_TARGET,
  calls: 'mount("none", "/mnt", "tmpfs", 0, NULL)',
  selected: 0,
  panel: "why",
  compare: undefined,
  suite: undefined,
};

/** The target as the library takes it. */
export function targetOptions(target: PageTarget): TargetOptions {
  const { caps, ...options } = target;
  return { ...options, caps: "none", cap: caps };
}
