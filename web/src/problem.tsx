// What went wrong, in words.

import { useEffect, useState, type ReactNode } from "react";
import type { FieldFault, Problem } from "./api";
import { texts } from "./texts";

export function sayFault(fault: FieldFault): string {
  return texts().faults[fault.code]?.(fault) ?? texts().problems[fault.code] ?? fault.message;
}

export function sayProblem(problem: Problem): string {
  const [first] = problem.fields;
  if (problem.code === "batch_rejected" && first) return sayFault(first);
  return texts().problems[problem.code] ?? (problem.message || texts().problems.internal_error!);
}

function secondsUntil(instant: number | undefined): number {
  return instant === undefined ? 0 : Math.max(0, Math.ceil((instant - performance.now()) / 1000));
}

/** How many seconds are left, counted down. */
export function useCountdown(until: number | undefined): number {
  const [left, setLeft] = useState(() => secondsUntil(until));
  useEffect(() => {
    setLeft(secondsUntil(until));
    if (until === undefined) return;
    const timer = setInterval(() => setLeft(secondsUntil(until)), 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

/** A sentence about a problem, when to try again, and how to name it to an operator. */
export function ProblemNote({ problem, children }: { problem: Problem; children?: ReactNode }) {
  const left = useCountdown(problem.retryAt);
  return (
    <div className="problem" role="alert">
      <p>
        {sayProblem(problem)}
        {left > 0 && ` ${texts().waitSeconds(left)}`}
      </p>
      {left === 0 && children}
      {problem.requestId && (
        <details>
          <summary>{texts().details}</summary>
          <code>
            {problem.code} · {texts().requestId(problem.requestId)}
          </code>
        </details>
      )}
    </div>
  );
}
