import type { PresetRule } from "./form.js";

/** Docker's and containerd's: every address family but AF_ALG (38) and AF_VSOCK (40). */
export const SOCKET: readonly PresetRule[] = [
  { names: "socket", when: [[0, "LT", 38]] },
  { names: "socket", when: [[0, "EQ", 39]] },
  { names: "socket", when: [[0, "GT", 40]] },
];

/** Everybody's: PER_LINUX, PER_LINUX32, both with UNAME26 (0x20000), and the question (all ones). */
export const PERSONALITY: readonly PresetRule[] = [0, 8, 0x20000, 0x20008, 0xffffffff].map(
  (persona) => ({ names: "personality", when: [[0, "EQ", persona]] }),
);
