// Changes of one task, made from a version of it, so that nobody writes over what somebody else has changed.

import { useRef, useState } from "react";
import { asProblem, Problem, request, type Task } from "../api";

export type Patch = Partial<Pick<Task, "title" | "description" | "priority" | "due" | "tags">>;
export type Saved = { before: Task; after: Task };

/** Somebody else has changed the same meanwhile. */
export class Overtaken extends Problem {
  theirs: Task;

  constructor(theirs: Task) {
    super(412, { code: "version_mismatch" });
    this.theirs = theirs;
  }
}

/** How often a change is made anew from a version that others have made meanwhile. */
const ANEW = 4;

/** Changes a task; what others have changed of it stays. */
export async function save(base: Task, patch: Patch): Promise<Saved> {
  const path = `/api/me/tasks/${base.id}`;
  const fields = Object.keys(patch) as (keyof Patch)[];
  for (let before = base, tries = 0; ; tries += 1) {
    try {
      const headers = { "If-Match": `"${before.version}"` };
      const { body: after } = await request<Task>("PATCH", path, { body: patch, headers });
      return { before, after };
    } catch (error) {
      if (asProblem(error).code !== "version_mismatch" || tries === ANEW) throw error;
      const { body: theirs } = await request<Task>("GET", path);
      const isSame = fields.every((field) => JSON.stringify(theirs[field]) === JSON.stringify(base[field]));
      if (!isSame) throw new Overtaken(theirs);
      before = theirs;
    }
  }
}

/**
 * How a small field is saved: once at a time, and what was wrong. `work` gives a sentence about what is
 * not understood, and gets the version of others where it is to be written over.
 */
export function useSaving(work: (over: Task | null) => Promise<string | null>, onSaved: () => void) {
  const [wrong, setWrong] = useState<string | Problem | null>(null);
  const isSaving = useRef(false);
  const submit = async (over: Task | null = null): Promise<boolean> => {
    if (isSaving.current) return false;
    isSaving.current = true;
    try {
      const notUnderstood = await work(over);
      setWrong(notUnderstood);
      if (notUnderstood !== null) return false;
      onSaved();
      return true;
    } catch (error) {
      setWrong(asProblem(error));
      return false;
    } finally {
      isSaving.current = false;
    }
  };
  return { wrong, clear: () => setWrong(null), submit };
}
