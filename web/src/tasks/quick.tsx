// Small fields that change one thing of a task, below its row.

import { useEffect, useId, useState, type FormEvent, type ReactNode } from "react";
import { asProblem, type Problem } from "../api";
import { sayDue, sayWholeDue } from "../dates";
import { sayProblem } from "../problem";
import { texts } from "../texts";
import { meansNoDate, READ_AFTER, readDue } from "./reading";

function Quick({ label, hint, text, onText, onSave, onClose, children }: {
  label: string;
  hint: string;
  text: string;
  onText: (text: string) => void;
  /** Gives what was wrong, if anything was. */
  onSave: () => Promise<string | null>;
  onClose: () => void;
  children?: ReactNode;
}) {
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const wrong = await onSave();
      setProblem(wrong);
      if (wrong === null) onClose();
    } catch (error) {
      const problem: Problem = asProblem(error);
      setProblem(problem.fields[0]?.message ?? sayProblem(problem));
    }
  };
  return (
    <form
      className="quick"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <label className="hidden" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        autoFocus
        dir="auto"
        autoComplete="off"
        value={text}
        placeholder={hint}
        aria-invalid={problem ? true : undefined}
        aria-describedby={`${id}-said`}
        onChange={(event) => {
          setProblem(null);
          onText(event.target.value);
        }}
      />
      <button type="submit">{texts().save}</button>
      <p id={`${id}-said`} role="status">
        {problem ? <span className="field-error">{problem}</span> : children}
      </p>
    </form>
  );
}

/** A date in words; what it is understood as is shown before it is saved. */
export function QuickDate({ now, zone, onSave, onClose }: {
  now: Date;
  zone: string;
  onSave: (due: string | null) => Promise<void>;
  onClose: () => void;
}) {
  const t = texts();
  const [text, setText] = useState("");
  const [understood, setUnderstood] = useState<{ words: string; due: string } | null>(null);
  const words = text.trim();
  const isNone = meansNoDate(words);

  useEffect(() => {
    if (!words || isNone) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      readDue(words).then(
        (due) => isCurrent && setUnderstood(due ? { words, due } : null),
        () => {},
      );
    }, READ_AFTER);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [words, isNone]);

  const save = async () => {
    if (!words) return null;
    const due = isNone ? null : understood?.words === words ? understood.due : await readDue(words);
    if (due === null && !isNone) return t.notADate;
    await onSave(due);
    return null;
  };
  const shown = understood?.words === words ? understood.due : null;
  return (
    <Quick label={t.dateInWords} hint={t.dateInWordsHint} text={text} onText={setText} onSave={save} onClose={onClose}>
      {isNone && <span className="tag">{t.noDate}</span>}
      {shown && (
        <time className="tag" dateTime={shown} title={sayWholeDue(shown, zone)}>
          {sayDue(shown, now, zone, true)}
        </time>
      )}
    </Quick>
  );
}

export const tagsIn = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((tag) => tag.replace(/^#/, ""))
    .filter(Boolean);

/** Tags, separated by spaces. */
export function QuickTags({ tags, onSave, onClose }: {
  tags: string[];
  onSave: (tags: string[]) => Promise<void>;
  onClose: () => void;
}) {
  const t = texts();
  const [text, setText] = useState(tags.join(" "));
  const save = async () => {
    await onSave(tagsIn(text));
    return null;
  };
  return <Quick label={t.tags} hint={t.tagsHint} text={text} onText={setText} onSave={save} onClose={onClose} />;
}
