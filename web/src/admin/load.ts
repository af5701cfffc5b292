// What is asked for, and asked for again while somebody looks.

import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, request, type Problem } from "../api";

/** The answer to a path, renewed every so many milliseconds while the page is visible. */
export function useAnswer<T>(path: string, every: number): { answer: T | null; problem: Problem | null } {
  const [answer, setAnswer] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0);
  const load = useCallback(async () => {
    const number = (asked.current += 1);
    try {
      const { body } = await request<T>("GET", path);
      if (number !== asked.current) return;
      setAnswer(body);
      setProblem(null);
    } catch (error) {
      if (number === asked.current) setProblem(asProblem(error));
    }
  }, [path]);
  useEffect(() => {
    void load();
    const look = () => document.visibilityState === "visible" && void load();
    const timer = setInterval(look, every);
    window.addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      window.removeEventListener("focus", look);
    };
  }, [load, every]);
  return { answer, problem };
}
