import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadTexts } from "./texts";
import "./app.css";

await loadTexts();
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/assets/service-worker.js", { scope: "/" }).catch(() => {});
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
