//! Verbs that todos begin with: "buy milk tomorrow" is a task, although nobody says "add".

const VERBS: [&str; 134] = [
    "apply", "arrange", "ask", "assemble", "attend", "backup", "bake", "book", "borrow", "bring",
    "brush", "build", "buy", "call", "charge", "clean", "collect", "compare", "confirm", "contact",
    "cook", "copy", "cut", "debug", "decide", "declutter", "deliver", "deploy", "deposit",
    "design", "discuss", "do", "donate", "download", "draft", "dust", "email", "e-mail", "empty",
    "exchange", "exercise", "feed", "fetch", "file", "fill", "fix", "fold", "follow", "get",
    "give", "go", "grab", "hang", "hoover", "install", "invite", "iron", "join", "learn", "mail",
    "make", "measure", "meet", "mend", "message", "mop", "mow", "order", "organise", "organize",
    "pack", "paint", "park", "pay", "phone", "pick", "plan", "plant", "polish", "post", "practice",
    "practise", "prepare", "print", "proofread", "publish", "purchase", "read", "rearrange",
    "rebook", "recycle", "refill", "register", "renew", "repair", "replace", "reply", "research",
    "respond", "return", "review", "ring", "run", "schedule", "sell", "send", "sew", "share",
    "shop", "sign", "sort", "speak", "study", "submit", "sweep", "talk", "tell", "text", "thank",
    "throw", "tidy", "translate", "unpack", "upgrade", "upload", "vacuum", "visit", "walk", "wash",
    "watch", "water", "wrap", "write", "wipe",
];

/// Whether a todo may begin with this word.
pub(super) fn is_todo_verb(word: &str) -> bool {
    VERBS.contains(&word)
}
