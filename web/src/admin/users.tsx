// All users: to find, disable and enable.

import { useCallback, useEffect, useRef, useState, type FormEvent } from "react";
import { asProblem, currentUser, Problem, request, type User } from "../api";
import { ProblemNote } from "../problem";
import { language, texts } from "../texts";
import { adminTexts } from "../texts/admin";

type AdminUser = User & { disabled_at: string | null };
const FIRST = "/api/admin/users?limit=50";

const sayDay = (instant: string) => new Intl.DateTimeFormat(language(), { dateStyle: "medium" }).format(new Date(instant));

export function UsersPart() {
  const t = adminTexts();
  const [users, setUsers] = useState<AdminUser[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [isSearch, setSearch] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0);

  const load = useCallback(async (path: string, isMore = false) => {
    const number = (asked.current += 1);
    setProblem(null);
    const answer = await request<AdminUser[]>("GET", path).catch((error) => asProblem(error));
    // An older answer that comes later is not taken.
    if (number !== asked.current) return;
    if (!(answer instanceof Problem)) {
      setUsers((known) => [...((isMore && known) || []), ...answer.body]);
      setNext(answer.next);
    } else if (answer.field("q")) {
      // What is neither a number nor an address is nobody's.
      setUsers([]);
      setNext(null);
    } else setProblem(answer);
  }, []);
  useEffect(() => void load(FIRST), [load]);

  const find = (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    setSearch(wanted !== "");
    void load(wanted ? `/api/admin/users?q=${encodeURIComponent(wanted)}` : FIRST);
  };
  const showAll = () => {
    setText("");
    setSearch(false);
    void load(FIRST);
  };
  const change = async (user: AdminUser, how: "disable" | "enable") => {
    if (how === "disable" && !confirm(t.askDisable(user.email))) return;
    setProblem(null);
    try {
      const { body } = await request<AdminUser>("POST", `/api/admin/users/${user.id}/${how}`);
      setUsers((known) => known?.map((it) => (it.id === body.id ? body : it)) ?? null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };

  return (
    <section aria-labelledby="users" aria-busy={!users && !problem}>
      <h2 id="users">{t.users}</h2>
      <form className="find" onSubmit={find}>
        <input
          type="search"
          aria-label={t.find}
          placeholder={t.find}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit">{t.findButton}</button>
        {isSearch && (
          <button type="button" className="link" onClick={showAll}>
            {t.all}
          </button>
        )}
      </form>
      {problem && <ProblemNote problem={problem} />}
      <p className="muted" role="status">
        {users?.length === 0 && t.nobody}
      </p>
      {users && users.length > 0 && (
        <div className="wide-table" role="region" tabIndex={0} aria-label={t.users}>
          <table>
            <thead>
              <tr>
                <th scope="col" className="figure">
                  {t.number}
                </th>
                <th scope="col">{t.address}</th>
                <th scope="col">{t.name}</th>
                <th scope="col">{t.since}</th>
                <th scope="col">{t.role}</th>
                <th scope="col">{t.state}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {users.map((user) => (
                <tr key={user.id}>
                  <td className="figure">{user.id}</td>
                  <td>
                    <bdi>{user.email}</bdi>
                  </td>
                  <td>
                    <bdi>{user.name}</bdi>
                  </td>
                  <td>{sayDay(user.created_at)}</td>
                  <td>{t.roles[user.role]}</td>
                  <td>
                    {user.disabled_at ? <span className="state bad">{t.disabledSince(sayDay(user.disabled_at))}</span> : t.active}
                  </td>
                  <td>
                    {user.id !== currentUser()?.id &&
                      (user.disabled_at ? (
                        <button type="button" aria-label={t.enableOf(user.email)} onClick={() => change(user, "enable")}>
                          {t.enable}
                        </button>
                      ) : (
                        <button type="button" className="danger" aria-label={t.disableOf(user.email)} onClick={() => change(user, "disable")}>
                          {t.disable}
                        </button>
                      ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next && (
        <button type="button" className="link" onClick={() => load(next, true)}>
          {texts().loadMore}
        </button>
      )}
    </section>
  );
}
