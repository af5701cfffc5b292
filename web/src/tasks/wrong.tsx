// What is wrong with a small field.

import type { Problem } from "../api";
import { ProblemNote, sayFault } from "../problem";

export function Wrong({ what }: { what: string | Problem }) {
  const sentence = typeof what === "string" ? what : what.fields[0] && sayFault(what.fields[0]);
  if (sentence === undefined) return <ProblemNote problem={what as Problem} />;
  return (
    <p className="field-error" role="alert">
      {sentence}
    </p>
  );
}
