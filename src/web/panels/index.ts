import type { Panel } from "../panel.js";
import { comparePanel } from "./compare.js";
import { matrixPanel } from "./matrix.js";
import { programPanel } from "./program.js";
import { suitePanel } from "./suite.js";
import { throughputPanel } from "./throughput.js";
import { whyPanel } from "./why.js";

/** The tabs, from left to right. */
export const PANELS: readonly Panel[] = [
  whyPanel,
  programPanel,
  matrixPanel,
  comparePanel,
  suitePanel,
  throughputPanel,
];
