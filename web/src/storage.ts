// What this device remembers, where it remembers anything: a browser may keep nothing, and refuse to be asked.

type Storage = "localStorage" | "sessionStorage";

/** Of this device, or of this tab alone. */
export function stored(key: string, where: Storage = "localStorage"): string | null {
  try {
    return window[where].getItem(key);
  } catch {
    return null;
  }
}

/** Without a value it is forgotten. What can't be stored holds as long as the page is open. */
export function store(key: string, value: string | null, where: Storage = "localStorage"): void {
  try {
    if (value) window[where].setItem(key, value);
    else window[where].removeItem(key);
  } catch {
    // It holds as long as the page is open.
  }
}
