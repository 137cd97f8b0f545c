// What the first verdict does without: the page's second script, which is read when that is painted.
import type { ComponentType } from "preact";
import { Editor } from "./editor/editor.js";
import type { PanelProps } from "./panel.js";
import { Compare } from "./panels/compare.js";
import { Matrix } from "./panels/matrix.js";
import { Program } from "./panels/program.js";
import { SuitePanel } from "./panels/suite.js";
import { Throughput } from "./panels/throughput.js";
import type { PanelId } from "./state.js";

export interface Later {
  readonly Editor: ComponentType<PanelProps>;
  readonly panels: Readonly<Record<Exclude<PanelId, "why">, ComponentType<PanelProps>>>;
}

export const later: Later = {
  Editor,
  panels: {
    program: Program,
    matrix: Matrix,
    compare: Compare,
    suite: SuitePanel,
    throughput: Throughput,
  },
};
