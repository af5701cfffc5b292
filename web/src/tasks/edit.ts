// What changes tasks: in a file of its own, which a first visit does without.

export { Bulk } from "./bulk";
export { Conflict } from "./conflict";
export { TaskEditor } from "./editor";
export { QuickDate, QuickPriority, QuickTags } from "./quick";
