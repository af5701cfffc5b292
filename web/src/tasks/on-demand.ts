// What changes tasks beyond their titles, in a file that is loaded when somebody turns to the list.

export const edit = () => import("./edit");
