import type { PanelProps } from "./panel.js";

export function ShareMenu(_: PanelProps) {
  return null;
}
