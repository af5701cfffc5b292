// What is asked for, and asked for again while somebody looks.

import { useEffect, useState } from "react";
import { asProblem, request, type Problem } from "../api";

type Known<T> = { path: string; answer: T | null; problem: Problem | null };

/** The answer to a path, asked for anew so many milliseconds after the last time, while the page is visible. */
export function useAnswer<T>(path: string, every: number): Omit<Known<T>, "path"> {
  const [known, setKnown] = useState<Known<T>>({ path, answer: null, problem: null });
  useEffect(() => {
    let isCurrent = true;
    let isAsking = false;
    const load = async () => {
      // A slow answer is waited for: another request would not be faster.
      if (isAsking) return;
      isAsking = true;
      try {
        const { body } = await request<T>("GET", path);
        if (isCurrent) setKnown({ path, answer: body, problem: null });
      } catch (error) {
        const problem = asProblem(error);
        if (isCurrent) setKnown((it) => ({ path, answer: it.path === path ? it.answer : null, problem }));
      }
      isAsking = false;
    };
    void load();
    const look = () => document.visibilityState === "visible" && void load();
    const timer = setInterval(look, every);
    window.addEventListener("focus", look);
    return () => {
      isCurrent = false;
      clearInterval(timer);
      window.removeEventListener("focus", look);
    };
  }, [path, every]);
  // The answer to another question is none to this one.
  return known.path === path ? known : { answer: null, problem: null };
}
