import { ALL_BITS } from "../../bpf/decision.js";
import type { Instruction } from "../../bpf/instruction.js";
import { AND_K, JA, JEQ_K, JGE_K, JSET_K, LD_W_ABS, RET_K } from "../../bpf/opcode.js";
import { type Choice, choicesFrom, type Node } from "./graph.js";
import type { Plan, Step } from "./plan.js";

/** The longest conditional jump: jt and jf have 8 bits. */
const REACH = 255;
const OPCODES = { eq: JEQ_K, ge: JGE_K, set: JSET_K } as const;

/** How a choice begins: with its load and its AND, or with less where those before left the word in A. */
interface Head {
  readonly load: boolean;
  readonly and: boolean;
  /** Choices that may enter after the load. */
  readonly loaded: ReadonlySet<Choice>;
}

/**
 * Lays plans out as a program, from its end to its front, so that all targets of a jump are there when
 * it is written. Of a comparison's two sides the smaller one comes right behind it. A return that is out of
 * a jump's reach is repeated; any other target gets a JA on the way.
 */
export function layOut(root: Node, plans: ReadonlyMap<Choice, Plan>): Instruction[] {
  return new Layout(root, plans).build();
}

type Task =
  | { readonly kind: "reach"; readonly plan: Plan }
  | { readonly kind: "place"; readonly step: Step; readonly owner: Choice }
  | { readonly kind: "head"; readonly choice: Choice };

class Layout {
  /** The program backwards; places are counted from its end. */
  private readonly reversed: Instruction[] = [];
  private readonly steps = new Map<Step, number>();
  /** Nearest copy, or way to it, of a node; for choices with their load and without. */
  private readonly entries = new Map<Node, number>();
  private readonly loadedEntries = new Map<Node, number>();
  private readonly heads: ReadonlyMap<Choice, Head>;
  private readonly bulks: ReadonlyMap<Plan, number>;

  constructor(
    private readonly root: Node,
    private readonly plans: ReadonlyMap<Choice, Plan>,
  ) {
    const choices = choicesFrom(root);
    this.heads = headsOf(root, choices, plans);
    this.bulks = bulksOf(choices, plans);
  }

  build(): Instruction[] {
    if (this.root.kind === "outcome") return [ret(this.root.ret)];
    this.emit(this.root);
    return this.reversed.reverse();
  }

  private emit(root: Choice): void {
    const work: (Task & { readonly owner: Choice })[] = [];
    const choose = (choice: Choice): void => {
      work.push({ kind: "head", choice, owner: choice });
      work.push({ kind: "reach", plan: this.plans.get(choice) as Plan, owner: choice });
    };
    choose(root);
    for (let task = work.pop(); task !== undefined; task = work.pop()) {
      const { owner } = task;
      if (task.kind === "head") this.head(task.choice);
      else if (task.kind === "place") this.place(task.step, owner);
      else if (task.plan.kind === "choice") {
        if (!this.isThere(task.plan)) choose(task.plan);
      } else if (task.plan.kind === "step") {
        const { yes, no } = task.plan;
        const [near, far] = this.weigh(yes) <= this.weigh(no) ? [yes, no] : [no, yes];
        work.push({ kind: "place", step: task.plan, owner });
        work.push({ kind: "reach", plan: near, owner });
        work.push({ kind: "reach", plan: far, owner });
      }
    }
  }

  private isThere(choice: Choice): boolean {
    return this.entries.has(choice) || this.loadedEntries.has(choice);
  }

  /** About how long a side is, with the choices under it that are not there yet. */
  private weigh(plan: Plan): number {
    return plan.kind === "choice" && this.isThere(plan) ? 0 : (this.bulks.get(plan) ?? 0);
  }

  /** Writes an instruction before all others; its place. */
  private write(instruction: Instruction): number {
    return this.reversed.push(instruction) - 1;
  }

  private head(choice: Choice): void {
    const { load, and } = this.heads.get(choice) as Head;
    if (and) this.write({ code: AND_K, jt: 0, jf: 0, k: choice.mask });
    this.loadedEntries.set(choice, this.reversed.length - 1);
    if (!load) return;
    this.entries.set(choice, this.write({ code: LD_W_ABS, jt: 0, jf: 0, k: choice.offset }));
  }

  private place(step: Step, owner: Choice): void {
    // A way to one side may push the other one out of reach; a second look settles it.
    for (let look = 0; look < 2; look++) {
      for (const side of [step.yes, step.no]) this.bringNear(side, owner);
    }
    const next = this.reversed.length;
    const jump = (side: Plan): number => next - 1 - (this.find(side, owner) as number);
    const { op, k } = step;
    this.steps.set(
      step,
      this.write({ code: OPCODES[op], jt: jump(step.yes), jf: jump(step.no), k }),
    );
  }

  private find(side: Plan, owner: Choice): number | undefined {
    if (side.kind === "step") return this.steps.get(side);
    return this.entriesFor(side, owner).get(side);
  }

  private entriesFor(node: Node, owner: Choice): Map<Node, number> {
    const loaded = node.kind === "choice" && this.heads.get(node)?.loaded.has(owner);
    return loaded ? this.loadedEntries : this.entries;
  }

  private bringNear(side: Plan, owner: Choice): void {
    const at = this.find(side, owner);
    if (at !== undefined && this.reversed.length - 1 - at <= REACH) return;
    if (side.kind === "outcome") this.entries.set(side, this.write(ret(side.ret)));
    else {
      const k = this.reversed.length - 1 - (at as number);
      const way = this.write({ code: JA, jt: 0, jf: 0, k });
      if (side.kind === "step") this.steps.set(side, way);
      else this.entriesFor(side, owner).set(side, way);
    }
  }
}

const ret = (k: number): Instruction => ({ code: RET_K, jt: 0, jf: 0, k });

/** Whether a choice tests its word as it is loaded; the one for some bits is made by JSET. */
function testsWhole(choice: Choice, plan: Plan | undefined): boolean {
  return choice.mask === ALL_BITS || (plan?.kind === "step" && plan.op === "set");
}

function headsOf(
  root: Node,
  choices: readonly Choice[],
  plans: ReadonlyMap<Choice, Plan>,
): ReadonlyMap<Choice, Head> {
  const heads = new Map<Choice, OpenHead>();
  for (const choice of choices) {
    const and = !testsWhole(choice, plans.get(choice));
    heads.set(choice, { load: choice === root, and, loaded: new Set(), bits: ALL_BITS });
  }
  for (const choice of choices) {
    const { and, bits } = heads.get(choice) as OpenHead;
    const left = (and ? bits & choice.mask : bits) >>> 0;
    for (const target of choice.targets) {
      const head = target.kind === "choice" ? heads.get(target) : undefined;
      if (target.kind !== "choice" || head === undefined) continue;
      if (target.offset === choice.offset && (target.mask & ~left) === 0) {
        head.loaded.add(choice);
        head.bits = (head.bits & left) >>> 0;
      } else head.load = true;
    }
  }
  return heads;
}

interface OpenHead {
  load: boolean;
  readonly and: boolean;
  readonly loaded: Set<Choice>;
  /** Which bits of the word are in A on every way in, the others being 0 on some. */
  bits: number;
}

/** Instructions of choices and steps, with the choices that nothing else leads to. */
function bulksOf(
  choices: readonly Choice[],
  plans: ReadonlyMap<Choice, Plan>,
): ReadonlyMap<Plan, number> {
  const users = new Map<Choice, number>();
  for (const { targets } of choices) {
    for (const target of new Set(targets)) {
      if (target.kind === "choice") users.set(target, (users.get(target) ?? 0) + 1);
    }
  }
  const bulks = new Map<Plan, number>();
  const bulkOf = (side: Plan): number =>
    side.kind === "choice" && users.get(side) !== 1 ? 0 : (bulks.get(side) ?? 0);
  for (const choice of [...choices].reverse()) {
    const plan = plans.get(choice) as Plan;
    for (const one of stepsOf(plan)) bulks.set(one, 1 + bulkOf(one.yes) + bulkOf(one.no));
    bulks.set(choice, 2 + bulkOf(plan));
  }
  return bulks;
}

/** A tree's steps, each after those under it. */
function stepsOf(plan: Plan): Step[] {
  const steps: Step[] = [];
  const work = [plan];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (at.kind !== "step") continue;
    steps.push(at);
    work.push(at.yes, at.no);
  }
  return steps.reverse();
}
