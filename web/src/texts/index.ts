// The language of the page: that of the device, if there are texts in it.

import { en } from "./en";

export type Texts = typeof en;
/** English is always there; the others are loaded when they are wanted. */
const LANGUAGES: Record<string, () => Promise<Texts>> = {
  en: async () => en,
  de: async () => (await import("./de")).de,
};

function stored(): string | null {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}

function chosen(): string {
  const wanted = [stored() ?? "", ...navigator.languages];
  return wanted.map((it) => it.slice(0, 2).toLowerCase()).find((it) => it in LANGUAGES) ?? "en";
}

const current = chosen();
document.documentElement.lang = current;

let loaded: Texts = en;

/** Loads the texts of the language, before anything is drawn. */
export async function loadTexts(): Promise<void> {
  loaded = await LANGUAGES[current]!().catch(() => en);
}

export const texts = (): Texts => loaded;

/** For dates and numbers: the device's own way of writing the language. */
export const language = (): string => navigator.languages.find((it) => it.slice(0, 2) === current) ?? current;
export const chosenLanguage = (): string => stored() ?? "";

export function chooseLanguage(language: string): void {
  if (language) localStorage.setItem("language", language);
  else localStorage.removeItem("language");
  // Everything is drawn anew.
  location.reload();
}
