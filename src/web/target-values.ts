import { ENGINES, LIBSECCOMP_VERSIONS, RUNC_MINORS, RUNTIMES } from "../profile/target-options.js";

/** What the target bar offers. */
export const DIMENSION_VALUES = {
  engine: ENGINES,
  runtime: RUNTIMES.flatMap((name) =>
    name === "runc" ? ["runc", ...RUNC_MINORS.map((minor) => `runc@${minor}`)] : [name],
  ),
  libseccomp: LIBSECCOMP_VERSIONS,
  /** Long-term releases, and those at which something changes. */
  kernel: "3.17 4.4 4.8 4.14 4.19 5.0 5.4 5.10 5.15 6.1 6.6 6.12".split(" "),
} as const;
