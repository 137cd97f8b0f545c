import { stderr } from "./output.js";

const INTERVAL_MS = 250;

/** How far a long run is, on standard error where that is a terminal; elsewhere it stays silent. */
export class Progress {
  private readonly began = Date.now();
  private shown = 0;
  private visible = false;

  /** @param onInterrupt "ends early": somebody else listens for Ctrl-C, and ends the run in good order */
  constructor(
    private readonly unit: string,
    onInterrupt: "dies" | "ends early" = "dies",
  ) {
    if (process.stderr.isTTY && onInterrupt === "dies") process.once("SIGINT", this.interrupt);
  }

  update(count: number, total?: number): void {
    const now = Date.now();
    if (!process.stderr.isTTY || now - this.shown < INTERVAL_MS) return;
    this.shown = now;
    const rate = Math.round(count / Math.max((now - this.began) / 1000, 0.001));
    const of = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
    this.visible = true;
    stderr().write(
      `\r${count.toLocaleString("en")}${of} ${this.unit}, ${rate.toLocaleString("en")}/s\u001b[K`,
    );
  }

  end(): void {
    process.off("SIGINT", this.interrupt);
    if (this.visible) stderr().write("\r\u001b[K");
    this.visible = false;
  }

  /** Ctrl-C: leave the terminal clean, then end by the signal as if nobody had listened. */
  private readonly interrupt = (): void => {
    this.end();
    process.kill(process.pid, "SIGINT");
  };
}
