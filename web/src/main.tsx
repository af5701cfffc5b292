import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadTexts } from "./texts";
import "./app.css";

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/assets/service-worker.js", { scope: "/" }).catch(() => {});
}

// Without waiting at the top: only so the files that are loaded on demand may share this one's modules.
void loadTexts().then(() =>
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
