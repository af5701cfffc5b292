// The language of the page: that of the device, if there are texts in it.

import { store, stored } from "../storage";
import { en } from "./en";

export type Texts = typeof en;
/** English is always there; the others are loaded when they are wanted. */
const LANGUAGES = {
  en: async () => en,
  de: async () => (await import("./de")).de,
} satisfies Record<string, () => Promise<Texts>>;
type Language = keyof typeof LANGUAGES;

function chosen(): Language {
  const wanted = [stored("language") ?? "", ...navigator.languages];
  return wanted.map((it) => it.slice(0, 2).toLowerCase() as Language).find((it) => it in LANGUAGES) ?? "en";
}

const current = chosen();
document.documentElement.lang = current;

let loaded: Texts = en;

/** Loads the texts of the language, before anything is drawn. */
export async function loadTexts(): Promise<void> {
  loaded = await LANGUAGES[current]().catch(() => en);
}

export const texts = (): Texts => loaded;

/** What files that are loaded on demand have in each language. */
export const inLanguage = <T>(all: Record<Language, T>): T => all[current];

/** For dates and numbers: the device's own way of writing the language. */
export const language = (): string => navigator.languages.find((it) => it.slice(0, 2) === current) ?? current;
export const chosenLanguage = (): string => stored("language") ?? "";

export function chooseLanguage(language: string): void {
  store("language", language);
  // Everything is drawn anew.
  location.reload();
}
