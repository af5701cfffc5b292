// The conversation: what was said, what was done, and the box to say more.

import { Chat as Talk, useChat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  getToolName,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type ChatOnFinishCallback,
  type UIMessage,
} from "ai";
import { memo, useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { asProblem, authorizedFetch, Problem, request, type Turn } from "./api";
import { Composer } from "./composer";
import { ProblemNote } from "./problem";
import { Receipt, changesOf } from "./receipt";
import { texts } from "./texts";

type Metadata = {
  turn_id?: string;
  status?: string;
  engine?: string;
  model?: string;
  problem?: { code: string; request_id?: string };
};
type Message = UIMessage<Metadata>;
type StoredChat = { id: string; title: string; status: string; messages: Message[] };

type Finish = ChatOnFinishCallback<Message>;
/** A conversation of this tab, what is done once it is answered, and where its earlier messages are. */
type Live = { talk: Talk<Message>; finish: { current: Finish }; earlier: string | null };
/** Those in which something is on its way; it goes on while others are shown. */
export type Underway = Map<string, Live>;

const transport = new DefaultChatTransport<Message>({
  api: "/api/me/chat",
  fetch: authorizedFetch as typeof fetch,
  // The service knows what was said before.
  prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({
    body: { ...body, id, messages: messages.slice(-1), trigger, messageId },
  }),
});

function begin(id: string, messages: Message[], earlier: string | null): Live {
  const finish: Live["finish"] = { current: () => {} };
  const talk = new Talk<Message>({
    id,
    messages,
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onFinish: (end) => finish.current(end),
  });
  return { talk, finish, earlier };
}

export type ChatProps = {
  id: string;
  underway: Underway;
  /** Nothing is stored under this id yet. */
  isNew: boolean;
  composer: RefObject<HTMLTextAreaElement | null>;
  /** There is nothing on the list yet, so that somebody may ask what to say. */
  isListEmpty: boolean;
  /** Tasks were changed. */
  onChanged: (tasks: number[]) => void;
  /** Something was said or renamed. */
  onSpoken: (id: string) => void;
  onShowTask: (task: number) => void;
};

/** Loads a conversation, then shows it. */
export function Chat(props: ChatProps) {
  const { id, underway } = props;
  const isNew = props.isNew || underway.has(id);
  const [stored, setStored] = useState<{ chat: StoredChat; earlier: string | null } | null>(() => {
    const { talk, earlier } = underway.get(id) ?? { talk: { messages: [] }, earlier: null };
    return isNew ? { chat: { id, title: "", status: "idle", messages: talk.messages }, earlier } : null;
  });
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(() => {
    setProblem(null);
    request<StoredChat>("GET", `/api/me/chat/${id}`).then(
      ({ body, next }) => setStored({ chat: body, earlier: next }),
      (error) => setProblem(asProblem(error)),
    );
  }, [id]);
  useEffect(() => {
    if (!isNew) load();
  }, [isNew, load]);

  if (problem) {
    return (
      <section className="chat" aria-label={texts().chat}>
        <div className="messages">
          <ProblemNote problem={problem}>
            <button type="button" onClick={load}>
              {texts().retry}
            </button>
          </ProblemNote>
        </div>
      </section>
    );
  }
  if (!stored) {
    return (
      <section className="chat" aria-label={texts().chat} aria-busy="true">
        <div className="messages">
          <div className="skeleton said" />
          <div className="skeleton answer" />
        </div>
      </section>
    );
  }
  return <LiveChat {...props} chat={stored.chat} earlier={stored.earlier} />;
}

const messageText = (message: Message) =>
  message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");

function LiveChat({ id, underway, chat, earlier, composer, isListEmpty, onChanged, onSpoken, onShowTask }: ChatProps & {
  chat: StoredChat;
  earlier: string | null;
}) {
  const [turns, setTurns] = useState<ReadonlyMap<string, Turn>>(new Map());
  const [attempts, setAttempts] = useState(0);
  const [stopping, setStopping] = useState(false);
  const [announcement, setAnnouncement] = useState("");
  const [turnProblem, setTurnProblem] = useState<Problem | null>(null);
  const [more, setMore] = useState(earlier);
  const [wasStored, setWasStored] = useState(chat.messages.length > 0);
  const heard = useRef(performance.now());
  const sentHere = useRef(new Set<string>());
  const end = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const isUndoing = useRef(false);

  const loadTurns = useCallback(async () => {
    type Row = { turn: Turn | null };
    const path = `/api/me/conversations/${chat.id}/messages?limit=100&include=turns`;
    const { body } = await request<Row[]>("GET", path);
    const found = new Map(body.flatMap(({ turn }) => (turn ? [[turn.id, turn] as const] : [])));
    setTurns((known) => new Map([...known, ...found]));
    return found;
  }, [chat.id]);

  const [live] = useState(() => underway.get(id) ?? begin(id, chat.messages, earlier));
  const {
    messages,
    sendMessage,
    status,
    stop,
    regenerate,
    resumeStream,
    setMessages,
    addToolApprovalResponse,
    error,
    clearError,
  } = useChat<Message>({ chat: live.talk, resume: chat.status === "running", experimental_throttle: 50 });
  live.finish.current = ({ message, isAbort, isDisconnect, isError, finishReason }) => {
    setStopping(false);
    // A body that ends without `finish` and without `error` was cut.
    if (isDisconnect || (!finishReason && !isError && !isAbort)) {
      setAttempts((it) => it + 1);
      return;
    }
    setAttempts(0);
    if (!isError) underway.delete(id);
    onSpoken(id);
    // What was refused has no turn.
    if (isAbort || !message.metadata?.turn_id) return;
    setAnnouncement(messageText(message));
    loadTurns().then(
      (found) => onChanged(changesOf(found.get(message.metadata?.turn_id ?? "")).map((it) => it.task)),
      () => onChanged([]),
    );
  };

  useEffect(() => {
    if (chat.messages.length > 0) loadTurns().catch(() => {});
  }, [chat.messages.length, loadTurns]);

  const isDecision = useRef(false);
  isDecision.current = messages.at(-1)?.parts.some((part) => isToolUIPart(part) && part.state === "approval-responded") ?? false;

  // After a cut the same message is sent again: the service goes on with its turn, and does nothing twice.
  // A decision is not sent again: the conversation tells what became of it.
  useEffect(() => {
    if (attempts === 0) return;
    const look = async () => {
      try {
        const { body } = await request<StoredChat>("GET", `/api/me/chat/${id}`);
        setAttempts(0);
        clearError();
        setMessages(body.messages);
        if (body.status === "running") await resumeStream();
        else onChanged(changesOf((await loadTurns()).get(body.messages.at(-1)?.metadata?.turn_id ?? "")).map((it) => it.task));
      } catch (error) {
        const problem = asProblem(error);
        // It will not be answered otherwise by asking again: the conversation is gone, or the session is over.
        if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
          setAttempts(0);
          setTurnProblem(problem);
        } else {
          setAttempts((it) => it + 1);
        }
      }
    };
    const again = () => void (isDecision.current ? look() : regenerate());
    const timer = setTimeout(again, Math.min(1000 * 2 ** (attempts - 1), 15_000));
    window.addEventListener("online", again, { once: true });
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", again);
    };
  }, [attempts, id, regenerate, resumeStream, setMessages, clearError, loadTurns, onChanged]);

  const isBusy = status === "submitted" || status === "streaming" || attempts > 0;
  const last = messages.at(-1);
  useEffect(() => {
    if (isBusy) underway.set(id, live);
    else if (!error) underway.delete(id);
  }, [isBusy, error, id, live, underway]);

  useEffect(() => {
    heard.current = performance.now();
  }, [messages]);

  // Follows the answer, unless somebody reads further up.
  useEffect(() => {
    const list = end.current?.parentElement;
    if (!list) return;
    if (follows.current || last?.role === "user") list.scrollTop = list.scrollHeight;
  }, [messages, turns, last?.role, status]);

  const send = (text: string) => {
    setTurnProblem(null);
    setWasStored(true);
    onSpoken(id);
    void sendMessage({ text });
  };
  useEffect(() => {
    if (last?.role === "user" && isBusy) sentHere.current.add(last.id);
  }, [last, isBusy]);

  // The answer is read on: its end tells what was done before the stop.
  const stopTurn = useCallback(async () => {
    setStopping(true);
    setAttempts(0);
    try {
      await request("POST", `/api/me/chat/${id}/stop`);
    } catch (error) {
      setTurnProblem(asProblem(error));
    } finally {
      setTimeout(() => {
        if (performance.now() - heard.current > 2_900) void stop();
      }, 3_000);
    }
  }, [id, stop]);

  const undo = async (turn: string) => {
    // Pressed twice, it would take back what it has just done.
    if (isUndoing.current) return;
    isUndoing.current = true;
    setTurnProblem(null);
    try {
      type Undone = { effects: { task_id: number }[] };
      const { body } = await request<Undone>("POST", `/api/me/turns/${turn}/undo`);
      await loadTurns();
      onChanged(body.effects.map((effect) => effect.task_id));
    } catch (error) {
      setTurnProblem(asProblem(error));
    } finally {
      isUndoing.current = false;
    }
  };

  const decide = useCallback(
    (approval: string, approved: boolean) => void addToolApprovalResponse({ id: approval, approved }),
    [addToolApprovalResponse],
  );

  const showEarlier = async () => {
    if (!more) return;
    try {
      const { body, next } = await request<StoredChat>("GET", more);
      setMore(next);
      live.earlier = next;
      setMessages((known) => [...body.messages, ...known]);
    } catch (error) {
      setTurnProblem(asProblem(error));
    }
  };

  const problem = error && attempts === 0 ? asProblem(error) : null;
  const again = () => {
    clearError();
    void regenerate();
  };
  const isOwn = last?.role === "user" || sentHere.current.has(messages.at(-2)?.id ?? "");
  const isAnswering = status === "submitted" || (status === "streaming" && last?.role === "assistant");

  return (
    <section className="chat" aria-label={texts().chat}>
      <div
        className="messages"
        tabIndex={-1}
        onScroll={({ currentTarget: list }) => {
          follows.current = list.scrollHeight - list.scrollTop - list.clientHeight < 100;
        }}
      >
        {more && (
          <button type="button" className="link" onClick={showEarlier}>
            {texts().earlier}
          </button>
        )}
        {messages.length === 0 && (
          <div className="empty">
            <h1>{texts().emptyChat}</h1>
            <p className="muted">{texts().emptyChatLine}</p>
            {!wasStored && isListEmpty && (
              <ul className="suggestions">
                {texts().suggestions.map((text) => (
                  <li key={text}>
                    <button type="button" lang="en" onClick={() => send(text)}>
                      {text}
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </div>
        )}
        {messages.map((message) => (
          <MessageView
            key={message.id}
            message={message}
            isRunning={isBusy && message === last}
            turn={turns.get(message.metadata?.turn_id ?? "")}
            onUndo={undo}
            onShowTask={onShowTask}
            onDecide={!isBusy && message === last ? decide : undefined}
          />
        ))}
        {status === "submitted" && last?.role === "user" && <p className="working">{texts().thinking}</p>}
        {problem && (
          <ProblemNote problem={problem}>
            {isOwn && (
              <button type="button" onClick={again}>
                {texts().retry}
              </button>
            )}
          </ProblemNote>
        )}
        {turnProblem && <ProblemNote problem={turnProblem} />}
        <div ref={end} />
      </div>
      <p className="hidden" role="status">
        {announcement}
      </p>
      {attempts > 0 && <p className="reconnecting">{texts().reconnecting}</p>}
      <Composer
        box={composer}
        draft={messages.length > 0 ? id : "new"}
        lastSaid={messages.findLast((it) => it.role === "user")}
        isBusy={isBusy || isAnswering}
        isStopping={stopping}
        onSend={send}
        onStop={stopTurn}
      />
    </section>
  );
}

type MessageProps = {
  message: Message;
  isRunning: boolean;
  turn: Turn | undefined;
  onUndo: (turn: string) => void;
  onShowTask: (task: number) => void;
  /** Answers the question of this message, while it is the last one. */
  onDecide: ((approval: string, approved: boolean) => void) | undefined;
};

const MessageView = memo(function MessageView(props: MessageProps) {
  const { message, isRunning, turn, onUndo, onShowTask, onDecide } = props;
  const text = messageText(message);
  if (message.role === "user") {
    return (
      <article className="said" aria-label={texts().you}>
        <p dir="auto">{text}</p>
      </article>
    );
  }
  const running = isRunning
    ? message.parts.findLast((part) => isToolUIPart(part) && part.state === "input-available")
    : undefined;
  const working = running && isToolUIPart(running) ? texts().working[getToolName(running)] : undefined;
  const { status } = message.metadata ?? {};
  const question = message.parts.find((part) => isToolUIPart(part) && part.state.startsWith("approval-"));
  const asks = question && isToolUIPart(question) ? question : undefined;
  return (
    <article className="answer" aria-label={texts().assistant} aria-busy={isRunning}>
      {text && (
        <p dir="auto" className={isRunning ? "streaming" : undefined}>
          {text}
        </p>
      )}
      {isRunning && !text && !asks && <p className="working">{working ?? texts().thinking}</p>}
      {!isRunning && status === "cancelled" && <p className="muted">{texts().stopped}</p>}
      {!isRunning && (status === "failed" || status === "interrupted") && !text && (
        <p className="muted">{texts().noAnswer}</p>
      )}
      {asks?.approval && (
        <Question
          approval={asks.approval.id}
          answer={asks.approval.approved}
          tasks={turn?.action?.operations.flatMap((operation) => operation.tasks)}
          onDecide={onDecide}
        />
      )}
      {turn && <Receipt turn={turn} onUndo={onUndo} onShowTask={onShowTask} />}
    </article>
  );
});

const NAMED = 8;

/** What would be deleted, and the buttons that decide while it is not too late. */
function Question({ approval, answer, tasks, onDecide }: {
  approval: string;
  answer: boolean | undefined;
  tasks: { id: number; title: string }[] | undefined;
  onDecide: MessageProps["onDecide"];
}) {
  const t = texts();
  const keep = useRef<HTMLButtonElement>(null);
  const isOpen = answer === undefined && onDecide !== undefined && tasks !== undefined;
  useEffect(() => {
    if (isOpen) keep.current?.focus();
  }, [isOpen]);
  const said = answer === undefined ? t.askOver : answer ? t.approved : t.rejected;
  if (!tasks) return onDecide && answer === undefined ? null : <p className="muted">{said}</p>;
  return (
    <div className={isOpen ? "question" : "question over"} role="group" aria-label={t.ask(tasks.length)}>
      <p>{t.askFor(tasks.length)}</p>
      <ul>
        {tasks.slice(0, NAMED).map((task) => (
          <li key={task.id}>
            <span className="number">{task.id}</span> <bdi>{task.title}</bdi>
          </li>
        ))}
        {tasks.length > NAMED && <li className="muted">{t.andMore(tasks.length - NAMED)}</li>}
      </ul>
      {isOpen ? (
        <div className="buttons">
          <button type="button" className="danger" onClick={() => onDecide(approval, true)}>
            {t.ask(tasks.length)}
          </button>
          <button type="button" ref={keep} onClick={() => onDecide(approval, false)}>
            {t.keep}
          </button>
        </div>
      ) : (
        <p className="muted">{said}</p>
      )}
    </div>
  );
}
