// Parts of the page in files of their own, which a first visit does without.

import { useEffect, useState, type ReactNode } from "react";
import { Problem } from "./api";
import { ProblemNote } from "./problem";
import { texts } from "./texts";

type Load<Part> = () => Promise<Part>;

const loaded = new Map<Load<unknown>, unknown>();

/** Loads a part; what goes wrong says whether the service is away, or has newer files than this tab. */
async function fetchPart<Part>(load: Load<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    // The file is there, and asks for what another file of this tab does not have.
    if (error instanceof SyntaxError) throw new Problem(0, { code: "page_outdated" });
    const isReached = await fetch("/", { method: "HEAD", cache: "no-store" }).then(
      (answer) => answer.ok,
      () => false,
    );
    throw new Problem(0, isReached ? { code: "part_missing" } : {});
  }
}

export async function loadPart<Part>(load: Load<Part>): Promise<Part> {
  const part = await fetchPart(load);
  loaded.set(load, part);
  return part;
}

/** Draws something with a part of the page, once it is there. */
export function OnDemand<Part>({ load, children, onCancel }: {
  /** The same function each time. */
  load: Load<Part>;
  children: (part: Part) => ReactNode;
  onCancel?: () => void;
}) {
  const [part, setPart] = useState(() => loaded.get(load) as Part | undefined);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setProblem(null);
    loadPart(load).then(
      // A module is an object and no function to make one.
      (part) => isCurrent && setPart(() => part),
      (error) => isCurrent && setProblem(error),
    );
    return () => {
      isCurrent = false;
    };
  }, [load, attempt]);

  if (part) return children(part);
  if (!problem) return null;
  const t = texts();
  return (
    <ProblemNote problem={problem}>
      <div className="buttons">
        {problem.code !== "page_outdated" && (
          <button type="button" onClick={() => setAttempt((it) => it + 1)}>
            {t.retry}
          </button>
        )}
        {problem.code !== "unreachable" && (
          <button type="button" onClick={() => location.reload()}>
            {t.loadAnew}
          </button>
        )}
        {onCancel && (
          <button type="button" onClick={onCancel}>
            {t.cancel}
          </button>
        )}
      </div>
    </ProblemNote>
  );
}
