import type { Panel } from "../panel.js";
import { whyPanel } from "./why.js";

/** The tabs, from left to right. */
export const PANELS: readonly Panel[] = [whyPanel];
