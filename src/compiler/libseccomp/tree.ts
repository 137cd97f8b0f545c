import {
  type Chain,
  FALSE,
  isLeaf,
  isLess,
  isZombie,
  levelStart,
  type Node,
  SIDES,
  type Side,
  Steps,
  sameTest,
  TRUE,
  type WorkBudget,
} from "./node.js";

/**
 * The comparisons that decide a system call on one architecture, under edits (libseccomp src/db.c). Calls
 * whose rules have no conditions need none.
 */
export class Tree {
  /** A node of the first level; `null` only while the last ones are being replaced. */
  private root: Node | null;
  /** Sort key of the program; a running count that is often above the true number of nodes. */
  counter: number;
  readonly steps: Steps;
  /** Nodes freed by the operation at work. */
  private freed = 0;

  /**
   * @param first what the first rule became
   * @param falseSideBug overwrite as releases before 2.6.1 do it (GHSA-4q85-33p6-j5g6)
   */
  constructor(
    first: Chain,
    budget: WorkBudget,
    private readonly falseSideBug: boolean,
  ) {
    this.root = first.head;
    this.counter = first.nodes;
    this.steps = new Steps(budget);
    this.steps.made(first.nodes);
  }

  /** A node of the first level. */
  get head(): Node {
    return this.root as Node;
  }

  /** Merges a further chain into the tree (libseccomp src/db.c `db_rule_add`). False for EEXIST. */
  add(chain: Chain & { readonly head: Node }, action: number): boolean {
    this.steps.made(chain.nodes);
    if (this.prune(chain.head, action)) return true;
    if (this.root === null) {
      this.root = chain.head;
      this.counter = chain.nodes;
      return true;
    }
    const merged = this.addNode(this.root, chain.head, (to) => {
      this.root = to;
    });
    if (!merged) return false;
    this.counter += chain.nodes;
    this.counting(() => this.drop(chain.head));
    return true;
  }

  /** Runs an operation and takes what it freed off the counter. */
  private counting(operation: () => void): number {
    const before = this.freed;
    operation();
    const freed = this.freed - before;
    this.counter -= freed;
    return freed;
  }

  // --- reference counts (libseccomp src/db.c `__db_node_put`, `__db_tree_put`) -------------------

  /** Gives up one reference; answers what the edge that held it points to now. */
  private release(node: Node): Node | null {
    node.refs -= 1;
    if (node.refs !== 0) return node;
    let { prev, next } = node;
    if (prev !== null) prev.next = null;
    if (next !== null) next.prev = null;
    if (prev !== null) prev = this.release(prev);
    if (next !== null) next = this.release(next);
    if (prev !== null && next !== null) {
      prev.next = next;
      next.refs += 1;
      next.prev = prev;
      prev.refs += 1;
    }
    this.drop(node.sides[TRUE].child);
    this.drop(node.sides[FALSE].child);
    node.freed = true;
    this.freed += 1;
    return prev ?? next;
  }

  /** Gives up an edge; a level that only its own sibling links keep alive goes with it. */
  private drop(node: Node | null): void {
    if (node === null) return;
    const left = this.release(node);
    if (left === null) return;
    const first = levelStart(left, this.steps);
    let walked = 0;
    for (let x: Node | null = first; x !== null; x = x.next) {
      this.steps.check(++walked);
      const links = (x.prev === null ? 0 : 1) + (x.next === null ? 0 : 1);
      if (x.refs > links) return;
    }
    for (let x: Node | null = first; x !== null; ) {
      const following: Node | null = x.next;
      this.drop(x.sides[TRUE].child);
      this.drop(x.sides[FALSE].child);
      x.freed = true;
      this.freed += 1;
      x = following;
    }
  }

  // --- pruning (libseccomp src/db.c `_db_tree_prune`, `_db_tree_remove`) -------------------------

  /** Takes out what the chain makes needless; whether the tree covers it already. */
  private prune(n: Node, action: number): boolean {
    const before = this.freed;
    const flags = this.pruneLevel(this.root, n, 0, action);
    const covered = MATCH | XFIN | NPRE;
    return this.freed === before && (flags & covered) === covered;
  }

  private pruneLevel(level: Node | null, n: Node, flags: number, action: number): number {
    if ((flags & ONCE) !== 0 && (flags & MATCH) === 0) return flags;
    if (level === null) return flags;
    let local = flags;
    const leave = () => ((local & MATCH) !== 0 ? flags | local : flags & ~MATCH);
    let following: Node | null;
    let walked = 0;
    walk: for (let x: Node | null = levelStart(level, this.steps); x !== null; x = following) {
      this.steps.check(++walked);
      following = x.next;
      if (sameTest(x, n)) {
        local |= MATCH | ONCE;
        if (isLeaf(n)) local |= NFIN;
        if (isLeaf(x)) local |= XFIN;
        for (const at of SIDES) if (!isBare(x.sides[at]) && isBare(n.sides[at])) return leave();
        if ((local & XFIN) !== 0 && (local & NFIN) !== 0) {
          for (const at of SIDES) if (!sameAction(x.sides[at], n.sides[at])) return leave();
        }
        for (const at of SIDES) {
          const child: Node | null = n.sides[at].child;
          if (child === null) continue;
          const deeper = this.held(x, () =>
            this.pruneLevel((x as Node).sides[at].child, child, flags | MATCH | ONCE, action),
          );
          if ((deeper & MATCH) !== 0) local |= deeper;
          if (x.freed) continue walk;
        }
        if (this.onlyAction(x, action)) {
          const removable = MATCH | NFIN | XPRE;
          const found = MATCH | XFIN | NPRE;
          if ((local & removable) === removable) this.remove(x);
          else if ((local & found) === found) return leave();
        }
      } else if (isLess(x, n)) {
        if ((flags & NPRE) !== 0) return leave();
        for (const at of SIDES) {
          const child: Node | null = x.sides[at].child;
          if (child === null) continue;
          const deeper = this.held(x, () =>
            this.pruneLevel(child, n, (flags & ~MATCH) | XPRE, action),
          );
          if ((deeper & MATCH) !== 0) {
            local |= deeper;
            return leave();
          }
          if (x.freed) continue walk;
        }
      } else {
        if ((flags & XPRE) !== 0) return leave();
        for (const at of SIDES) {
          const child: Node | null = n.sides[at].child;
          if (child === null) continue;
          const here: Node = x;
          const deeper = this.held(x, () =>
            this.pruneLevel(here, child, (flags & ~MATCH) | NPRE, action),
          );
          if ((deeper & MATCH) !== 0) {
            local |= deeper;
            return leave();
          }
          if (x.freed) continue walk;
        }
      }
      if (this.root === null) break;
    }
    local &= ~MATCH;
    return leave();
  }

  /** Works below or beside a node while holding a reference to it. */
  private held(x: Node, work: () => number): number {
    x.refs += 1;
    const result = work();
    this.counting(() => this.release(x));
    return result;
  }

  private remove(x: Node): void {
    this.counting(() => {
      if (this.root === null) return;
      this.removeBelow(this.root, x, (to) => {
        this.root = to;
      });
    });
  }

  private removeBelow(edge: Node, x: Node, moveEdge: (to: Node | null) => void): boolean {
    const before = this.freed;
    let walked = 0;
    for (let at: Node | null = levelStart(edge, this.steps); at !== null; at = at.next) {
      this.steps.check(++walked);
      const here: Node = at;
      if (here !== x && !isZombie(here)) {
        for (const where of SIDES) {
          const side = here.sides[where];
          if (side.child !== null)
            this.removeBelow(side.child, x, (to) => {
              side.child = to;
            });
        }
      }
      if (here === x || isZombie(here)) {
        if (here === edge) moveEdge(here.prev ?? here.next);
        if (here.prev !== null) here.prev.next = here.next;
        if (here.next !== null) here.next.prev = here.prev;
        here.prev = null;
        here.next = null;
        this.release(here);
        return this.freed > before;
      }
      if (this.freed > before) return true;
    }
    return false;
  }

  /** Every action in the whole level of `node`, and below, is this one. */
  private onlyAction(node: Node, action: number): boolean {
    let walked = 0;
    for (let x: Node | null = levelStart(node, this.steps); x !== null; x = x.next) {
      this.steps.check(++walked);
      for (const at of SIDES) {
        const { hasAction, action: here, child } = x.sides[at];
        if (hasAction && here !== action) return false;
        if (child !== null && !this.onlyAction(child, action)) return false;
      }
    }
    return true;
  }

  // --- adding (libseccomp src/db.c `_db_tree_add`) -----------------------------------------------

  private addNode(level: Node, n: Node, moveEdge: (to: Node) => void): boolean {
    let walked = 0;
    for (let x: Node = level; ; ) {
      this.steps.check(++walked);
      if (sameTest(x, n)) return this.merge(x, n);
      if (isLess(x, n)) {
        n.prev = x.prev;
        n.next = x;
        if (x.prev !== null) {
          x.prev.next = n;
          n.refs += 2;
        } else {
          n.refs += 1;
          x.refs += 1;
        }
        x.prev = n;
        if (x === level) {
          n.refs += 1;
          x.refs -= 1;
          moveEdge(n);
        }
        return true;
      }
      if (x.next === null) {
        x.next = n;
        n.prev = x;
        n.refs += 1;
        x.refs += 1;
        return true;
      }
      x = x.next;
    }
  }

  private merge(x: Node, n: Node): boolean {
    for (const at of SIDES) {
      const from = n.sides[at];
      const to = x.sides[at];
      if (!from.hasAction) continue;
      if (!to.hasAction) {
        const { child } = to;
        if (child !== null) {
          if (!this.onlyAction(child, from.action)) return false;
          this.counting(() => this.release(child));
          to.child = null;
        }
        to.hasAction = true;
        to.action = from.action;
        to.rule = from.rule;
      } else if (to.action !== from.action) {
        if (n.hi && (at === TRUE ? n.full > x.full : n.full < x.full)) {
          const overwritten = at === FALSE && this.falseSideBug ? x.sides[TRUE] : to;
          overwritten.action = from.action;
          overwritten.rule = from.rule;
        }
        if (isLeaf(x) || isLeaf(n)) return false;
      }
    }
    for (const at of SIDES) {
      const { child } = n.sides[at];
      const to = x.sides[at];
      if (child === null) continue;
      if (to.child !== null) {
        const added = this.addNode(to.child, child, (moved) => {
          to.child = moved;
        });
        if (!added) return false;
      } else if (to.hasAction) {
        return true;
      } else {
        to.child = child;
        child.refs += 1;
      }
    }
    return true;
  }
}

const MATCH = 1;
const ONCE = 2;
const XFIN = 4;
const NFIN = 8;
const XPRE = 16;
const NPRE = 32;

function isBare(side: Side): boolean {
  return !side.hasAction && side.child === null;
}

function sameAction(a: Side, b: Side): boolean {
  return a.hasAction === b.hasAction && (!a.hasAction || a.action === b.action);
}
