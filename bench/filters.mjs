// The filters that figures are about, and the checksums that every evaluator's verdicts over a million
// records must have (mix.mjs `checksum`). docker-254-o2 and opt-size decide as docker-254-o1 does.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DOCKER = { real: "94abe09a", uniform: "b4237d00" };
const at = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Little-endian `struct sock_filter[]`. */
export const FILTERS = [
  { name: "docker-254-o1", file: at("../test/fixtures/docker-254-o1.bpf"), checksums: DOCKER },
  { name: "docker-254-o2", file: at("../test/fixtures/docker-254-o2.bpf"), checksums: DOCKER },
  { name: "opt-size", file: at("../test/fixtures/opt-size.bpf"), checksums: DOCKER },
  {
    name: "tiny10",
    file: at("../test/fixtures/tiny10.bpf"),
    checksums: { real: "7994827b", uniform: "24280979" },
  },
  {
    name: "big",
    file: at("../test/fixtures/big.bpf"),
    checksums: { real: "a22af281", uniform: "6d571981" },
  },
];

export const readFilter = ({ file }) => readFileSync(file);
