// The operator's page: all users, what they take of models, which turns run, and how the service is.

import { currentUser } from "../api";
import { texts } from "../texts";
import { adminTexts } from "../texts/admin";
import "./page.css";
import { HealthPart } from "./health";
import { TurnsPart } from "./turns";
import { UsagePart } from "./usage";
import { UsersPart } from "./users";

export function AdminPage() {
  const t = adminTexts();
  return (
    <>
      <header>
        <h1>{t.title}</h1>
        <a href="/">{t.back}</a>
      </header>
      {/* The service decides with each request; who never was an operator need not ask. */}
      {currentUser()?.role === "operator" ? (
        <>
          <HealthPart />
          <UsagePart />
          <TurnsPart />
          <UsersPart />
        </>
      ) : (
        <p>{texts().problems.not_an_operator}</p>
      )}
    </>
  );
}
