// Writes a filter as C, one statement an instruction: what a compiler makes of it is the native limit.

const OPERATORS = { 0: "+", 16: "-", 32: "*", 64: "|", 80: "&", 160: "^" };
const COMPARISONS = { 16: "A == ", 32: "A > ", 48: "A >= ", 64: "A & " };
const FIXED = {
  128: "A = 64;",
  129: "X = 64;",
  7: "X = A;",
  135: "A = X;",
  22: "return A;",
  132: "A = -A;",
  60: "if (X == 0) return 0; A /= X;",
  108: "A <<= X & 31;",
  124: "A >>= X & 31;",
};

/** What a jump's two sides are, or `undefined` for an instruction that is none. */
function targetsOf({ code, jt, jf, k }, pc) {
  if (code === 0x05) return [pc + 1 + k];
  return (code & 7) === 5 ? [pc + 1 + jt, pc + 1 + jf] : undefined;
}

function statement(instruction, pc) {
  const { code, k } = instruction;
  const targets = targetsOf(instruction, pc)?.map((target) => `goto L${target};`);
  const operand = (code & 8) !== 0 ? "X" : `${k}u`;
  if (code in FIXED) return FIXED[code];
  switch (code) {
    case 0x20:
      return `A = record[${k / 4}];`;
    case 0x00:
      return `A = ${k}u;`;
    case 0x01:
      return `X = ${k}u;`;
    case 0x60:
      return `A = M[${k}];`;
    case 0x61:
      return `X = M[${k}];`;
    case 0x02:
      return `M[${k}] = A;`;
    case 0x03:
      return `M[${k}] = X;`;
    case 0x06:
      return `return ${k}u;`;
    case 0x34:
      return `A /= ${k}u;`;
    case 0x64:
      return `A <<= ${k};`;
    case 0x74:
      return `A >>= ${k};`;
  }
  const operation = code & 0xf0;
  if ((code & 7) === 4 && operation in OPERATORS) return `A ${OPERATORS[operation]}= ${operand};`;
  if (targets?.length === 1) return targets[0];
  if (targets && operation in COMPARISONS) {
    return `if (${COMPARISONS[operation]}${operand}) ${targets[0]} ${targets[1]}`;
  }
  throw new Error(`0x${code.toString(16)} at ${pc} is no opcode of seccomp`);
}

/**
 * The C function `run_filter(const uint32_t *record)`, static, of a program that the kernel accepts.
 *
 * @param {readonly { code: number, jt: number, jf: number, k: number }[]} program
 * @returns {string}
 */
export function transliterate(program) {
  const labels = new Set(program.flatMap((one, pc) => targetsOf(one, pc) ?? []));
  const lines = program.map(
    (one, pc) => `${labels.has(pc) ? `L${pc}: ` : ""}${statement(one, pc)}`,
  );
  return `static inline uint32_t run_filter(const uint32_t *record) {
  uint32_t A = 0, X = 0, M[16];
  (void)record, (void)A, (void)X, (void)M;
  ${lines.join("\n  ")}
}
`;
}
