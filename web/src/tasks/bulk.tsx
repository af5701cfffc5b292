// What is done with all tasks that are selected.

import { useState } from "react";
import type { Task } from "../api";
import { addDays, dayOf } from "../dates";
import { texts } from "../texts";
import type { Make } from "./changes";
import { QuickTags } from "./quick";

export function Bulk({ tasks, zone, onChange, onTag, onClear }: {
  tasks: Task[];
  zone: string;
  onChange: (make: Make) => void;
  /** What is wrong with it is told beside the field. */
  onTag: (make: Make) => Promise<void>;
  onClear: () => void;
}) {
  const t = texts();
  const [isTagging, setTagging] = useState(false);
  return (
    <div className="bulk" role="toolbar" aria-label={t.selected(tasks.length)}>
      <span>{t.selected(tasks.length)}</span>
      <button type="button" onClick={() => onChange(() => ({ op: "complete" }))}>
        {t.done}
      </button>
      <button type="button" onClick={() => onChange(() => ({ op: "update", due: addDays(dayOf(new Date(), zone), 1) }))}>
        {t.moveToTomorrow}
      </button>
      <button type="button" onClick={() => setTagging(true)}>
        {t.tag}
      </button>
      <button type="button" className="danger" onClick={() => onChange(() => ({ op: "delete" }))}>
        {t.remove}
      </button>
      <button type="button" className="link" onClick={onClear}>
        {t.clearSelection}
      </button>
      {isTagging && (
        <QuickTags
          tags={[]}
          onSave={(tags) => onTag((task) => ({ op: "update", tags: [...new Set([...task.tags, ...tags])] }))}
          onClose={() => setTagging(false)}
        />
      )}
    </div>
  );
}
