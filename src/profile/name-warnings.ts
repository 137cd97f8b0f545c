import { CAPABILITIES } from "../abi/capabilities.js";
import { suggest } from "../abi/suggest.js";
import { suggestSyscall, syscallIndex } from "../abi/syscalls.js";
import type { Warning } from "../errors.js";
import type { Word } from "./policy.js";
import type { Profile } from "./profile.js";

/** More complaints of one kind than anybody reads are counted, not printed. */
const MAX_NAME_WARNINGS = 50;

/** Names that the real chain passes over in silence. */
export function nameWarnings(profile: Profile): Warning[] {
  const warnings: Warning[] = [];
  let untold = 0;
  const tell = (code: string, word: Word, message: string, near: () => string | undefined) => {
    if (warnings.length === MAX_NAME_WARNINGS) {
      untold += 1;
      return;
    }
    const found = near();
    const hint = found === undefined ? undefined : `did you mean ${found}?`;
    warnings.push({ code, message, place: word.place, hint });
  };
  for (const entry of profile.syscalls) {
    const words = entry.name === undefined ? entry.names : [entry.name, ...entry.names];
    for (const word of words) {
      const nul = word.value.indexOf("\0");
      const name = nul < 0 ? word.value : word.value.slice(0, nul);
      if (word.value === "" || syscallIndex(name) !== undefined) continue;
      const message = `no architecture has a system call ${JSON.stringify(name)}: the name is ignored`;
      tell("unknown-syscall", word, message, () => suggestSyscall(name));
    }
    for (const gate of [entry.includes, entry.excludes]) {
      for (const word of gate?.caps ?? []) {
        if (CAPABILITIES.includes(word.value)) continue;
        const message = `no capability is called ${JSON.stringify(word.value)}: no container has it`;
        tell("unknown-capability", word, message, () =>
          suggest(word.value.toUpperCase(), CAPABILITIES),
        );
      }
    }
  }
  if (untold > 0) {
    warnings.push({ code: "more", message: `${untold} more unknown names`, place: profile.place });
  }
  return warnings;
}
