//! `undo_last_turn`

use serde::Deserialize;
use serde_json::json;
use todo_domain::{CallOperation, UndoDirection};

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "undo_last_turn",
    description: "Undo all that the latest message of this conversation changed, or redo what was \
                  undone last. Nothing else can be changed for the same message.",
    parameters: || {
        let direction = json!({
            "type": "string",
            "enum": [UndoDirection::Undo.as_str(), UndoDirection::Redo.as_str()],
            "description": "undo takes the changes of the latest message back that is not undone; \
                            redo brings back what was undone last",
        });
        args::object(&json!({ "direction": direction }), &["direction"])
    },
    parse: |arguments, _| {
        let Undo { direction } = args::read(arguments)?;
        args::field("direction", direction.parse::<UndoDirection>()).map(CallOperation::Undo)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undo {
    direction: String,
}
