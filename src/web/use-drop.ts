import { useEffect, useState } from "preact/hooks";

/** Takes a file that is dropped anywhere on the page; tells whether one is over it now. */
export function useDrop(take: (file: File) => Promise<void>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") === true && !inOwnPlace(event.target);
    const drag = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      if (event.defaultPrevented || !holdsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void take(file);
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    // Before the editor, which would put the file's text in.
    addEventListener("drop", drop, true);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop, true);
    };
  }, []);
  return over;
}

/** Panels with `data-drop` take files of their own: records, suites. */
function inOwnPlace(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-drop]") !== null;
}
