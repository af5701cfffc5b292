// All users: to find, disable and enable.

import { useCallback, useEffect, useState, type FormEvent } from "react";
import { asProblem, currentUser, request, type Problem, type User } from "../api";
import { ProblemNote } from "../problem";
import { language, texts } from "../texts";
import { adminTexts } from "./texts";

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

  const attempt = useCallback(async (work: () => Promise<void>) => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, []);
  const load = useCallback(
    (path: string, before: AdminUser[]) =>
      attempt(async () => {
        const { body, next } = await request<AdminUser[]>("GET", path);
        setUsers([...before, ...body]);
        setNext(next);
      }),
    [attempt],
  );
  useEffect(() => void load(FIRST, []), [load]);

  const find = (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    setSearch(wanted !== "");
    void load(wanted ? `/api/admin/users?q=${encodeURIComponent(wanted)}` : FIRST, []);
  };
  const showAll = () => {
    setText("");
    setSearch(false);
    void load(FIRST, []);
  };
  const change = (user: AdminUser, how: "disable" | "enable") =>
    attempt(async () => {
      if (how === "disable" && !confirm(t.askDisable(user.email))) return;
      const { body } = await request<AdminUser>("POST", `/api/admin/users/${user.id}/${how}`);
      setUsers((known) => known?.map((it) => (it.id === body.id ? body : it)) ?? null);
    });

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
      {problem &&
        (problem.field("q") ? (
          <p className="field-error" role="alert">
            {t.nobody}
          </p>
        ) : (
          <ProblemNote problem={problem} />
        ))}
      {users?.length === 0 && <p className="muted">{t.nobody}</p>}
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
        <button type="button" className="link" onClick={() => load(next, users ?? [])}>
          {texts().loadMore}
        </button>
      )}
    </section>
  );
}
