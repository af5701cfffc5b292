// The conversations: to open, search, rename and delete.

import { useCallback, useEffect, useState, type FormEvent } from "react";
import { asProblem, request, type Conversation, type Problem } from "./api";
import { ProblemNote } from "./problem";
import { texts } from "./texts";

export function Sidebar({ current, heard, onOpen, onNew, onDeleted }: {
  current: string;
  /** Changes whenever something was said. */
  heard: number;
  onOpen: (id: string) => void;
  onNew: () => void;
  onDeleted: (id: string) => void;
}) {
  const t = texts();
  const [list, setList] = useState<Conversation[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);

  const load = useCallback(async () => {
    const query = search.trim() ? `&q=${encodeURIComponent(search.trim())}` : "";
    try {
      const answer = await request<Conversation[]>("GET", `/api/me/conversations?limit=30${query}`);
      setList(answer.body);
      setNext(answer.next);
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [search]);
  useEffect(() => {
    const timer = setTimeout(() => void load(), search ? 200 : 0);
    return () => clearTimeout(timer);
  }, [load, search, heard]);

  const more = async () => {
    if (!next) return;
    try {
      const answer = await request<Conversation[]>("GET", next);
      setList((known) => [...(known ?? []), ...answer.body]);
      setNext(answer.next);
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const remove = async ({ id, title }: Conversation) => {
    if (!confirm(t.deleteConversation(title))) return;
    try {
      await request("DELETE", `/api/me/conversations/${id}`);
      onDeleted(id);
      await load();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const rename = async (id: string, title: string) => {
    try {
      await request("PATCH", `/api/me/conversations/${id}`, { body: { title } });
      setRenaming(null);
      await load();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };

  return (
    <nav className="conversations" aria-label={t.conversations}>
      <button type="button" className="new" onClick={onNew}>
        {t.newConversation}
      </button>
      <label className="hidden" htmlFor="search">
        {t.searchConversations}
      </label>
      <input
        id="search"
        type="search"
        dir="auto"
        value={search}
        placeholder={t.searchConversations}
        onChange={(event) => setSearch(event.target.value)}
      />
      {problem && <ProblemNote problem={problem} />}
      <div className="scroll" aria-busy={!list && !problem}>
        {!list && !problem && [1, 2, 3].map((it) => <div key={it} className="skeleton line" />)}
        {list?.length === 0 && <p className="muted">{search ? t.noMatches : t.noConversations}</p>}
        <ul>
          {list?.map((it) => (
            <li key={it.id} className={it.id === current ? "current" : undefined}>
              {renaming === it.id ? (
                <Rename title={it.title} onSave={(title) => rename(it.id, title)} onCancel={() => setRenaming(null)} />
              ) : (
                <>
                  <a
                    href={`/c/${it.id}`}
                    title={it.title}
                    aria-current={it.id === current ? "page" : undefined}
                    onClick={(event) => {
                      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                      event.preventDefault();
                      onOpen(it.id);
                    }}
                  >
                    <bdi>{it.title}</bdi>
                  </a>
                  <details
                    className="menu"
                    name="conversation"
                    onBlur={(event) => {
                      if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
                    }}
                  >
                    <summary aria-label={`${t.more}: ${it.title}`}>⋯</summary>
                    <div>
                      <button type="button" className="plain" onClick={() => setRenaming(it.id)}>
                        {t.rename}
                      </button>
                      <button type="button" className="plain danger" onClick={() => remove(it)}>
                        {t.remove}
                      </button>
                    </div>
                  </details>
                </>
              )}
            </li>
          ))}
        </ul>
        {next && (
          <button type="button" className="link" onClick={more}>
            {t.loadMore}
          </button>
        )}
      </div>
    </nav>
  );
}

function Rename({ title, onSave, onCancel }: { title: string; onSave: (title: string) => void; onCancel: () => void }) {
  const [text, setText] = useState(title);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) onSave(text.trim());
  };
  return (
    <form onSubmit={submit}>
      <input
        aria-label={texts().title}
        autoFocus
        dir="auto"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => (text.trim() && text !== title ? onSave(text.trim()) : onCancel())}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          // The drawer stays open.
          event.preventDefault();
          onCancel();
        }}
      />
    </form>
  );
}
