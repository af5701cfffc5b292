// Coming in: on this machine with one click, or with an account.

import { useEffect, useId, useState, type FormEvent } from "react";
import { asProblem, signIn, signInOptions, type FieldFault, type Problem, type SignInOptions } from "./api";
import { ProblemNote, sayFault } from "./problem";
import { texts } from "./texts";

type FieldProps = {
  label: string;
  name: string;
  type?: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete?: string;
  hint?: string;
  error?: FieldFault | undefined;
  required?: boolean;
};

/** A labelled text field, with what is wrong with it. */
export function Field({ label, hint, error, onChange, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-note` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {(error || hint) && (
        <p id={`${id}-note`} className={error ? "field-error" : "hint"}>
          {error ? sayFault(error) : hint}
        </p>
      )}
    </div>
  );
}

export function SignIn({ note }: { note?: string }) {
  const [options, setOptions] = useState<SignInOptions | null>(null);
  const [mode, setMode] = useState<"in" | "up">("in");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const t = texts();

  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setProblem(null);
    signInOptions().then(
      (it) => isCurrent && setOptions(it),
      (error) => isCurrent && setProblem(asProblem(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [attempt]);

  const come = (path: string, body: Record<string, unknown> | null) => {
    setBusy(true);
    setProblem(null);
    signIn(path, body).catch((error) => {
      setProblem(asProblem(error));
      setBusy(false);
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (mode === "in") come("/api/auth/signin", { email, password });
    else {
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      come("/api/auth/signup", { name, email, password, timezone });
    }
  };

  return (
    <main className="signin">
      <h1>{t.welcome}</h1>
      <p className="muted">{note ?? t.welcomeLine}</p>
      {options?.machine && (
        <section className="machine">
          <button type="button" className="primary wide" disabled={busy} onClick={() => come("/api/auth/machine", null)}>
            {t.startHere}
          </button>
          <p className="hint">{t.startHereLine}</p>
          <p className="divider">{t.or}</p>
        </section>
      )}
      <form onSubmit={submit} aria-label={mode === "in" ? t.signIn : t.signUp}>
        {mode === "up" && (
          <Field
            label={t.name}
            name="name"
            value={name}
            onChange={setName}
            autoComplete="name"
            required
            error={problem?.field("name")}
          />
        )}
        <Field
          label={t.email}
          name="email"
          type="email"
          value={email}
          onChange={setEmail}
          autoComplete="username"
          required
          error={problem?.field("email")}
        />
        <Field
          label={t.password}
          name="password"
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete={mode === "in" ? "current-password" : "new-password"}
          required
          error={problem?.field("password")}
          {...(mode === "up" ? { hint: t.passwordHint } : {})}
        />
        {problem && problem.fields.length === 0 && (
          <ProblemNote problem={problem}>
            {!options && (
              <button type="button" onClick={() => setAttempt(attempt + 1)}>
                {t.retry}
              </button>
            )}
          </ProblemNote>
        )}
        <button type="submit" className={options?.machine ? "wide" : "primary wide"} disabled={busy}>
          {mode === "in" ? t.signIn : t.signUp}
        </button>
      </form>
      {options?.sign_up && (
        <p className="muted switch">
          {mode === "in" ? t.noAccount : t.haveAccount}{" "}
          <button type="button" className="link" onClick={() => (setMode(mode === "in" ? "up" : "in"), setProblem(null))}>
            {mode === "in" ? t.signUp : t.signIn}
          </button>
        </p>
      )}
    </main>
  );
}
