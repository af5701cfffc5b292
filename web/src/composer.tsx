// The box to write a message in.

import { useCallback, useEffect, useState, type KeyboardEvent, type MouseEvent, type RefObject } from "react";
import type { UIMessage } from "ai";
import { store, stored } from "./storage";
import { texts } from "./texts";

const LIMIT = 2_000;
const COUNTED_FROM = 1_800;

/** What is typed survives a reload of the page, and is gone with the tab. */
const keep = (draft: string, text: string) => store(`draft:${draft}`, text, "sessionStorage");
const kept = (draft: string) => stored(`draft:${draft}`, "sessionStorage") ?? "";

export function Composer({ box, draft, lastSaid, isBusy, isStopping, onSend, onStop }: {
  box: RefObject<HTMLTextAreaElement | null>;
  /** Where what is typed is kept. */
  draft: string;
  lastSaid: UIMessage | undefined;
  isBusy: boolean;
  isStopping: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}) {
  const [text, setText] = useState(() => kept(draft));
  const length = [...text.trim()].length;
  const canSend = !isBusy && length > 0 && length <= LIMIT;

  useEffect(() => {
    keep(draft, text);
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text, draft, box]);

  const send = () => {
    if (!canSend) return;
    onSend(text.trim());
    // Before the conversation gets a name of its own.
    keep(draft, "");
    setText("");
  };
  /** Whoever was on the button goes on in the box once the button is gone, or takes no key any more. */
  const leaveFocus = useCallback(
    (button: HTMLButtonElement) => () => {
      if (document.activeElement === button) box.current?.focus();
    },
    [box],
  );
  const stop = (event: MouseEvent) => {
    const isByKey = event.detail === 0 && document.activeElement === event.currentTarget;
    if (isByKey) box.current?.focus();
    onStop();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && !text && lastSaid) {
      event.preventDefault();
      setText(lastSaid.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"));
    } else if (event.key === "Escape" && isBusy && !isStopping) {
      event.preventDefault();
      onStop();
    }
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="hidden" htmlFor="message">
        {texts().message}
      </label>
      <textarea
        id="message"
        ref={box}
        rows={1}
        dir="auto"
        value={text}
        placeholder={texts().messageHint}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {isBusy ? (
        // Never the same element as the other: a click that was begun on it must not send what is typed.
        <button type="button" key="stop" ref={leaveFocus} data-stop="" onClick={stop} disabled={isStopping}>
          {isStopping ? texts().stopping : texts().stop}
        </button>
      ) : (
        <button type="submit" key="send" className="primary" disabled={!canSend}>
          {texts().send}
        </button>
      )}
      {length > COUNTED_FROM && (
        <p className={length > LIMIT ? "counter field-error" : "counter hint"} role="status">
          {texts().characters(length, LIMIT)}
        </p>
      )}
    </form>
  );
}
