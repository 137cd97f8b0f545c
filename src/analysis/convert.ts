import { SeccompSimError } from "../errors.js";
import { type ProfileDocument, readDocument, readProfile } from "../profile/document.js";
import {
  settleProfile,
  type WriteOptions,
  type WrittenFormat,
  type WrittenProfile,
  writeProfile,
} from "../profile/write/index.js";
import type { Target } from "../target.js";
import { documentOf, type Source } from "./source.js";

export interface ConvertOptions extends Pick<WriteOptions, "name"> {
  /** Decides gates and archMap for this container first. */
  readonly resolve?: boolean | undefined;
}

/**
 * A profile in another format, with the same meaning as its engine (the target's, or the one that its
 * format means) finds in it. `unconfined` is a profile that switches seccomp off.
 *
 * Throws SeccompSimError for what the format cannot say, for a profile that its engine refuses, and for
 * a source that is no profile.
 */
export function convertSource(
  source: Source,
  target: Target,
  format: WrittenFormat,
  options: ConvertOptions = {},
): WrittenProfile {
  const { profile, warnings } = readProfile(
    profileOf(source, target),
    target.engine,
    target.runtime,
  );
  const settled = options.resolve ? settleProfile(profile, target) : profile;
  const written = writeProfile(settled, format, { ...options, arch: target.arch });
  return { text: written.text, warnings: [...warnings, ...written.warnings] };
}

function profileOf(source: Source, target: Target): ProfileDocument {
  switch (source.kind) {
    case "profile":
    case "preset":
      return documentOf(source, target);
    case "unconfined":
      return readDocument("{}", source.name, "profile");
    case "filter":
      throw new SeccompSimError(
        "no-profile",
        `${source.name} is a filter, and no profile can be made of one`,
        { hint: "seccomp-sim disasm lists it, and asm writes it in other forms" },
      );
    case "strict":
      throw new SeccompSimError("no-profile", "strict is a mode of the kernel, not a profile");
  }
}
