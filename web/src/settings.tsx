// The account, how the page looks, and everything of one's own, out and in.

import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import {
  asProblem,
  authorizedFetch,
  changePassword,
  deleteAccount,
  Problem,
  request,
  setUser,
  signOut,
  type User,
} from "./api";
import { ProblemNote, sayFault } from "./problem";
import { Field } from "./signin";
import { store } from "./storage";
import { chooseLanguage, chosenLanguage, texts as pageTexts } from "./texts";
import { settingsTexts } from "./texts/settings";

const texts = () => ({ ...pageTexts(), ...settingsTexts() });

/** An attempt at something, and what came of it. */
function useAttempt() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState("");
  const isTrying = useRef(false);
  const attempt = async (work: () => Promise<string | void>) => {
    // A second press would be refused for what the first one did.
    if (isTrying.current) return;
    isTrying.current = true;
    setProblem(null);
    setDone("");
    try {
      setDone((await work()) ?? texts().saved);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      isTrying.current = false;
    }
  };
  return { problem, done, attempt };
}

function Outcome({ problem, done }: { problem: Problem | null; done: string }) {
  if (problem && problem.fields.length === 0) return <ProblemNote problem={problem} />;
  return (
    <p role="status" className="hint">
      {problem ? problem.fields.map(sayFault).join("; ") : done}
    </p>
  );
}

export function Settings({ user, onClose, onChanged }: { user: User; onClose: () => void; onChanged: () => void }) {
  return (
    <Dialog id="settings" title={texts().settings} onClose={onClose}>
      <Account user={user} />
      {user.role === "operator" && (
        <p>
          <a href="/admin">{texts().operatorsPage}</a>
        </p>
      )}
      <Appearance />
      <Data onChanged={onChanged} />
      <section>
        <details>
          <summary>{texts().keyboard}</summary>
          <Keys />
        </details>
      </section>
      <Password />
      <Deletion />
    </Dialog>
  );
}

function Dialog({ id, title, onClose, children }: {
  id: string;
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header>
        <h1 id={id}>{title}</h1>
        <button type="button" className="link" onClick={() => dialog.current?.close()}>
          {texts().close}
        </button>
      </header>
      {children}
    </dialog>
  );
}

function Account({ user }: { user: User }) {
  const t = texts();
  const { problem, done, attempt } = useAttempt();
  const [name, setName] = useState(user.name);
  const [zone, setZone] = useState(user.timezone);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([user.timezone, here, "UTC", ...Intl.supportedValuesOf("timeZone")])].sort();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      setUser((await request<User>("PATCH", "/api/auth/me", { body: { name, timezone: zone } })).body);
    });
  };
  const leave = (everywhere: boolean) => void attempt(() => signOut(everywhere));
  return (
    <section>
      <h2>{t.account}</h2>
      <p className="muted">{user.email}</p>
      <form onSubmit={submit}>
        <Field label={t.name} name="name" value={name} onChange={setName} error={problem?.field("name")} />
        <div className="field">
          <label htmlFor="zone">{t.timeZone}</label>
          <select id="zone" value={zone} onChange={(event) => setZone(event.target.value)}>
            {zones.map((it) => (
              <option key={it}>{it}</option>
            ))}
          </select>
          {zone !== here && (
            <button type="button" className="link" onClick={() => setZone(here)}>
              {t.useDeviceZone(here)}
            </button>
          )}
        </div>
        <div className="buttons">
          <button type="submit" className="primary" disabled={name === user.name && zone === user.timezone}>
            {t.save}
          </button>
          <button type="button" className="end" onClick={() => leave(false)}>
            {t.signOut}
          </button>
          <button type="button" onClick={() => leave(true)}>
            {t.signOutEverywhere}
          </button>
        </div>
        <Outcome problem={problem} done={done} />
      </form>
    </section>
  );
}

function Appearance() {
  const t = texts();
  const choose = (theme: string) => {
    store("theme", theme);
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  return (
    <section>
      <h2>{t.appearance}</h2>
      <div className="pair">
        <div>
          <label htmlFor="theme">{t.theme}</label>
          <select
            id="theme"
            defaultValue={document.documentElement.dataset.theme ?? ""}
            onChange={(event) => choose(event.target.value)}
          >
            {Object.entries(t.themes).map(([theme, name]) => (
              <option key={theme} value={theme}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div>
          <label htmlFor="language">{t.language}</label>
          <select id="language" defaultValue={chosenLanguage()} onChange={(event) => chooseLanguage(event.target.value)}>
            {Object.entries(t.languages).map(([language, name]) => (
              <option key={language} value={language}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
    </section>
  );
}

function Data({ onChanged }: { onChanged: () => void }) {
  const t = texts();
  const { problem, done, attempt } = useAttempt();
  const file = useRef<HTMLInputElement>(null);
  const save = async () => {
    const response = await authorizedFetch("/api/me/export").catch(() => {
      throw new Problem(0, {});
    });
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = "todo.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return "";
  };
  const read = async (archive: File | undefined) => {
    if (!archive) return "";
    const headers = { "Content-Type": "application/x-ndjson" };
    const { body } = await request<{ tasks: number }>("POST", "/api/me/import", { raw: archive, headers });
    onChanged();
    return t.imported(body.tasks);
  };
  return (
    <section>
      <h2>{t.data}</h2>
      <div className="buttons">
        <button type="button" onClick={() => attempt(save)}>
          {t.export}
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          {t.import}
        </button>
        <input
          ref={file}
          type="file"
          accept=".jsonl,.ndjson,application/x-ndjson"
          hidden
          aria-label={t.import}
          onChange={(event) => {
            const archive = event.target.files?.[0];
            event.target.value = "";
            void attempt(() => read(archive));
          }}
        />
      </div>
      <p className="hint">{t.importLine}</p>
      <Outcome problem={problem} done={done} />
    </section>
  );
}

/** What each key does. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog id="keyboard" title={texts().keyboard} onClose={onClose}>
      <Keys />
    </Dialog>
  );
}

function Keys() {
  return (
    <table className="keys">
      <tbody>
        {texts().keys.map(([key, what]) => (
          <tr key={key}>
            <th scope="row">
              <kbd>{key}</kbd>
            </th>
            <td>{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Password() {
  const t = texts();
  const { problem, done, attempt } = useAttempt();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      await changePassword(current, next);
      setCurrent("");
      setNext("");
    });
  };
  return (
    <section>
      <details>
        <summary>{t.changePassword}</summary>
        <form onSubmit={submit}>
          <Field
            label={t.currentPassword}
            name="current"
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            error={problem?.field("current_password")}
          />
          <Field
            label={t.newPassword}
            name="new"
            type="password"
            autoComplete="new-password"
            hint={t.passwordHint}
            value={next}
            onChange={setNext}
            error={problem?.field("new_password")}
          />
          <button type="submit" disabled={!current || !next}>
            {t.changePassword}
          </button>
          <Outcome problem={problem} done={done} />
        </form>
      </details>
    </section>
  );
}

function Deletion() {
  const t = texts();
  const { problem, done, attempt } = useAttempt();
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(() => deleteAccount(password));
  };
  return (
    <section>
      <details>
        <summary>{t.deleteAccount}</summary>
        <form onSubmit={submit}>
          <p>{t.deleteAccountLine}</p>
          <Field
            label={t.password}
            name="password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
            error={problem?.field("password")}
          />
          <button type="submit" className="danger" disabled={!password}>
            {t.deleteAccount}
          </button>
          <Outcome problem={problem} done={done} />
        </form>
      </details>
    </section>
  );
}
