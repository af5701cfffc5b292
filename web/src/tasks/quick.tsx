// Small fields that change one thing of a task, below its row.

import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";
import type { Priority, Task } from "../api";
import { sayDue, sayWholeDue } from "../dates";
import { texts } from "../texts";
import { Conflict } from "./conflict";
import { meansNoDate, READ_AFTER, readDue } from "./reading";
import { Overtaken, useSaving } from "./saving";
import { Wrong } from "./wrong";

/** Of one task, or of several. */
type QuickProps<Value> = {
  /** Writes over what somebody else made of it, if that is given. */
  onSave: (value: Value, over: Task | null) => Promise<void>;
  onClose: () => void;
  /** Takes what somebody else made of it. */
  onTheirs?: () => void;
  /** Nothing else was opened since. */
  isLatest?: boolean;
};

/** Closes what nobody has touched once something else is open. */
function useLeaving(isLatest: boolean, isTouched: boolean, onClose: () => void) {
  useEffect(() => {
    if (!isLatest && !isTouched) onClose();
  }, [isLatest]);
}

const closeOnEscape = (onClose: () => void) => (event: KeyboardEvent) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  onClose();
};

function Quick({ label, hint, text, mine, sayTheirs, isLatest = true, isTouched, onText, onSave, onClose, onTheirs, children }: {
  label: string;
  hint: string;
  text: string;
  /** What would be saved, beside what somebody else has made of it. */
  mine: string;
  sayTheirs: (theirs: Task) => string;
  isLatest: boolean | undefined;
  isTouched: boolean;
  onText: (text: string) => void;
  onSave: (over: Task | null) => Promise<string | null>;
  onClose: () => void;
  onTheirs: (() => void) | undefined;
  children?: ReactNode;
}) {
  const id = useId();
  const { wrong, clear, submit } = useSaving(onSave, onClose);
  const theirs = wrong instanceof Overtaken ? wrong.theirs : null;
  useLeaving(isLatest, isTouched, onClose);
  return (
    <form
      className="quick"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!theirs) void submit();
      }}
      onKeyDown={closeOnEscape(onClose)}
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
        aria-invalid={wrong ? true : undefined}
        aria-describedby={`${id}-said`}
        onChange={(event) => {
          clear();
          onText(event.target.value);
        }}
      />
      <button type="submit">{texts().save}</button>
      <div id={`${id}-said`} role="status">
        {theirs ? (
          <Conflict
            rows={[{ name: label, mine, theirs: sayTheirs(theirs) }]}
            onMine={() => void submit(theirs)}
            onTheirs={onTheirs ?? onClose}
          />
        ) : wrong ? (
          <Wrong what={wrong} />
        ) : (
          children
        )}
      </div>
    </form>
  );
}

/** A date in words; what it is understood as is shown before it is saved. */
export function QuickDate({ now, zone, onSave, ...rest }: QuickProps<string | null> & { now: Date; zone: string }) {
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

  const save = async (over: Task | null) => {
    if (!words) return null;
    const due = isNone ? null : understood?.words === words ? understood.due : await readDue(words);
    if (due === null && !isNone) return t.notADate;
    await onSave(due, over);
    return null;
  };
  const shown = understood?.words === words ? understood.due : null;
  return (
    <Quick
      label={t.dateInWords}
      hint={t.dateInWordsHint}
      text={text}
      mine={words}
      sayTheirs={(theirs) => (theirs.due ? sayDue(theirs.due, now, zone, true) : t.noDate)}
      isLatest={rest.isLatest}
      isTouched={words !== ""}
      onText={setText}
      onSave={save}
      onClose={rest.onClose}
      onTheirs={rest.onTheirs}
    >
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
export function QuickTags({ tags, onSave, ...rest }: QuickProps<string[]> & { tags: string[] }) {
  const t = texts();
  const [text, setText] = useState(tags.join(" "));
  const save = async (over: Task | null) => {
    await onSave(tagsIn(text), over);
    return null;
  };
  return (
    <Quick
      label={t.tags}
      hint={t.tagsHint}
      text={text}
      mine={tagsIn(text).join(" ")}
      sayTheirs={(theirs) => theirs.tags.join(" ")}
      isLatest={rest.isLatest}
      isTouched={text !== tags.join(" ")}
      onText={setText}
      onSave={save}
      onClose={rest.onClose}
      onTheirs={rest.onTheirs}
    />
  );
}

export const PRIORITIES: readonly Priority[] = ["high", "medium", "low"];

/** One of three, chosen at once. */
export function QuickPriority({ priority, isLatest = true, onSave, onClose, onTheirs = onClose }: QuickProps<Priority> & { priority: Priority }) {
  const t = texts();
  const chosen = useRef(priority);
  const work = async (over: Task | null) => {
    await onSave(chosen.current, over);
    return null;
  };
  const { wrong, submit } = useSaving(work, onClose);
  const theirs = wrong instanceof Overtaken ? wrong.theirs : null;
  useLeaving(isLatest, false, onClose);
  return (
    <div className="quick" role="group" aria-label={t.priority} onKeyDown={closeOnEscape(onClose)}>
      <div className="buttons">
        {PRIORITIES.map((it) => (
          <button
            key={it}
            type="button"
            autoFocus={it === priority}
            aria-pressed={it === priority}
            onClick={() => {
              chosen.current = it;
              void submit();
            }}
          >
            {t.priorities[it]}
          </button>
        ))}
      </div>
      {wrong && !theirs && <Wrong what={wrong} />}
      {theirs && (
        <Conflict
          rows={[{ name: t.priority, mine: t.priorities[chosen.current], theirs: t.priorities[theirs.priority] }]}
          onMine={() => void submit(theirs)}
          onTheirs={onTheirs}
        />
      )}
    </div>
  );
}
