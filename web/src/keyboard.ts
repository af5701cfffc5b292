// Single keys, for who is not writing anything.

const element = (selector: string) => document.querySelector<HTMLElement>(selector);

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("textarea, select, input:not([type=checkbox])");
}

const rows = () => [...document.querySelectorAll<HTMLElement>(".row")];
const currentRow = () => document.activeElement?.closest<HTMLElement>(".row") ?? null;
const boxOf = (row: HTMLElement | null | undefined) => row?.querySelector<HTMLElement>("input[type=checkbox]");

function step(by: 1 | -1): void {
  const all = rows();
  const current = currentRow();
  const next = current ? all.indexOf(current) + by : by === 1 ? 0 : all.length - 1;
  boxOf(all[next])?.focus();
  all[next]?.scrollIntoView({ block: "nearest" });
}

/** What the keys do; `showKeys` tells them to a person. */
export function onKey(event: KeyboardEvent, showKeys: () => void): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isWriting(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (isWriting(event.target) || document.querySelector("dialog[open]")) return;
  const keys: Record<string, () => void> = {
    n: () => element("#new-task")?.focus(),
    c: () => element("#message")?.focus(),
    "/": () => element("#filter")?.focus(),
    j: () => step(1),
    k: () => step(-1),
    e: () => currentRow()?.querySelector<HTMLElement>("[data-edit]")?.click(),
    x: () => boxOf(currentRow())?.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true, cancelable: true })),
    z: () => [...document.querySelectorAll<HTMLElement>("[data-undo]")].at(-1)?.click(),
    "?": showKeys,
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
