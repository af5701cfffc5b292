// How wide the panes are, as this device remembers it.

import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from "react";
import { store, stored } from "./storage";
import { texts } from "./texts";

type Pane = "side" | "list";
type Widths = Record<Pane, number | null>;
/** In pixels; `null` is the width of the style sheet. */
const BOUNDS: Record<Pane, { least: number; most: number }> = {
  side: { least: 180, most: 340 },
  list: { least: 320, most: 720 },
};
const STEP = 16;

const fit = (pane: Pane, width: number) => Math.round(Math.min(BOUNDS[pane].most, Math.max(BOUNDS[pane].least, width)));

function remembered(): Widths {
  try {
    const kept = JSON.parse(stored("widths") ?? "{}");
    const width = (pane: Pane) => (Number.isFinite(kept[pane]) ? fit(pane, kept[pane]) : null);
    return { side: width("side"), list: width("list") };
  } catch {
    return { side: null, list: null };
  }
}

export function useWidths() {
  const [widths, setWidths] = useState(remembered);
  const set = (pane: Pane, width: number | null) => {
    const next = { ...widths, [pane]: width === null ? null : fit(pane, width) };
    setWidths(next);
    store("widths", JSON.stringify(next));
  };
  const style: Record<string, string> = {};
  if (widths.side) style["--side"] = `${widths.side}px`;
  if (widths.list) style["--list"] = `${widths.list}px`;
  return { set, style: style as CSSProperties };
}

/** The edge between two panes: drawn with the pointer or with the arrow keys, set back by a double click or Enter. */
export function Splitter({ pane, onWidth }: {
  pane: Pane;
  onWidth: (pane: Pane, width: number | null) => void;
}) {
  const { least, most } = BOUNDS[pane];
  const edge = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(least);
  const isRightToLeft = () => getComputedStyle(document.documentElement).direction === "rtl";
  /** Towards the end of the line the conversations grow and the list shrinks. */
  const grows = () => ((pane === "side") !== isRightToLeft() ? 1 : -1);
  const paneOf = (splitter: HTMLElement) =>
    (pane === "side" ? splitter.previousElementSibling : splitter.nextElementSibling) as HTMLElement;
  useEffect(() => {
    const beside = paneOf(edge.current!);
    const observer = new ResizeObserver(() => setWidth(beside.offsetWidth));
    observer.observe(beside);
    return () => observer.disconnect();
  }, []);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const splitter = event.currentTarget;
    const from = event.clientX;
    const before = paneOf(splitter).offsetWidth;
    const move = (event: globalThis.PointerEvent) => onWidth(pane, before + grows() * (event.clientX - from));
    splitter.setPointerCapture(event.pointerId);
    splitter.addEventListener("pointermove", move);
    splitter.addEventListener("lostpointercapture", () => splitter.removeEventListener("pointermove", move), { once: true });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Enter") return onWidth(pane, null);
    const direction = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    onWidth(pane, paneOf(event.currentTarget).offsetWidth + direction * grows() * STEP);
  };
  return (
    <div
      ref={edge}
      className="splitter"
      data-pane={pane}
      role="separator"
      aria-orientation="vertical"
      aria-label={pane === "side" ? texts().widthOfConversations : texts().widthOfTasks}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={width}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onWidth(pane, null)}
    />
  );
}
