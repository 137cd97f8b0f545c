// What single instructions mean, by the kernel's opcode: for whoever runs one at a time.

/** One step of the ALU. A division by zero ends the program before it comes here. */
export function calculate(code: u32, a: u32, operand: u32): u32 {
  switch (code & 0xf0) {
    case 0x00:
      return a + operand;
    case 0x10:
      return a - operand;
    case 0x20:
      return a * operand;
    case 0x30:
      return a / operand;
    case 0x40:
      return a | operand;
    case 0x50:
      return a & operand;
    case 0x60:
      return a << (operand & 31);
    case 0x70:
      return a >>> (operand & 31);
    case 0x80:
      return 0 - a;
    default:
      return a ^ operand;
  }
}

/** What a conditional jump finds. */
export function test(code: u32, a: u32, operand: u32): bool {
  switch (code & 0xf0) {
    case 0x10:
      return a == operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    default:
      return (a & operand) != 0;
  }
}
