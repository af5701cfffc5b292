// Single keys, for who is not writing anything.

const element = (selector: string) => document.querySelector<HTMLElement>(selector);

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("textarea, select, input:not([type=checkbox])");
}

type Key = Pick<KeyboardEvent, "ctrlKey" | "metaKey" | "altKey" | "target" | "defaultPrevented">;

/** Whether a key is meant for the page: nobody writes, and nothing is held down with it. */
export function isPlainKey(event: Key): boolean {
  const isHeld = event.ctrlKey || event.metaKey || event.altKey;
  return !event.defaultPrevented && !isHeld && !isWriting(event.target) && !element("dialog[open]");
}

const rows = () => [...document.querySelectorAll<HTMLElement>(".row")];
const currentRow = () => document.activeElement?.closest<HTMLElement>(".row") ?? null;
const boxOf = (row: HTMLElement | null | undefined) => row?.querySelector<HTMLElement>("input[type=checkbox]");

/** Brings the focus to a task. */
export function focusRow(id: number): void {
  boxOf(element(`#task-${id}`))?.focus();
}

/** Takes back what was done last by the clock of the service: a change or a turn. */
function undoLast(): void {
  const since = (it: HTMLElement) => Number(it.dataset.undo);
  const all = [...document.querySelectorAll<HTMLElement>("[data-undo]")];
  all.toSorted((one, other) => since(one) - since(other)).at(-1)?.click();
}

function step(by: 1 | -1): void {
  const all = rows();
  const current = currentRow();
  const next = current ? all.indexOf(current) + by : by === 1 ? 0 : all.length - 1;
  boxOf(all[next])?.focus();
  all[next]?.scrollIntoView({ block: "nearest" });
}

/** How long after `g` its second key counts, in milliseconds. */
const SECOND_KEY = 1_500;
let goingSince = -Infinity;

export type Actions = { showKeys: () => void; showPane: (pane: "chat" | "tasks") => void };

/** What the keys do. Those that change the task under the focus are the list's own. */
export function onKey(event: KeyboardEvent, { showKeys, showPane }: Actions): void {
  if (event.key === "Escape" && !event.defaultPrevented && isWriting(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (!isPlainKey(event)) return;
  /** At once, so that the next key is written there; on a phone the pane is to be shown first. */
  const reach = (pane: "chat" | "tasks", find: () => HTMLElement | null | undefined) => {
    showPane(pane);
    const found = find();
    found?.focus();
    if (document.activeElement !== found) requestAnimationFrame(() => found?.focus());
  };
  const toTasks = () => reach("tasks", () => boxOf(currentRow() ?? rows()[0]) ?? element("#new-task"));
  const toChat = () => reach("chat", () => element("#message"));
  const isGoing = event.timeStamp - goingSince < SECOND_KEY;
  goingSince = event.key === "g" ? event.timeStamp : -Infinity;
  const second: Record<string, () => void> = { t: toTasks, c: toChat };
  const keys: Record<string, () => void> = {
    n: () => reach("tasks", () => element("#new-task")),
    c: toChat,
    "/": () => reach("tasks", () => element("#filter")),
    j: () => step(1),
    k: () => step(-1),
    e: () => currentRow()?.querySelector<HTMLElement>("[data-edit]")?.click(),
    x: () => boxOf(currentRow())?.dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true, cancelable: true })),
    z: undoLast,
    "?": showKeys,
    Escape: () => element("[data-stop]")?.click(),
  };
  const act = (isGoing && second[event.key]) || keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** Whether the key before was `g`, so that this one says where to go. */
export const isGoing = (event: { timeStamp: number }): boolean => event.timeStamp - goingSince < SECOND_KEY;
