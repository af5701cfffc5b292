//! What Cohere demands of tools, and which models take a `tool_choice`.

use serde_json::Value;

use super::{
    models::Model,
    request::{ChatRequest, Tool, ToolChoice},
    simulated_error::SimulatedError,
};

/// Over all tools, with `strict_tools`.
const MAX_STRICT_FIELDS: usize = 200;

pub(super) fn check(request: &ChatRequest, model: &Model) -> Result<(), SimulatedError> {
    let tools = request.tools();
    if !tools.is_empty() && !model.tools {
        return Err(SimulatedError::invalid("tools are not supported for this model"));
    }
    if request.tool_choice.is_some() && !model.tool_choice {
        return Err(SimulatedError::invalid("tool_choice is not supported for this model"));
    }
    if request.tool_choice == Some(ToolChoice::Required) && tools.is_empty() {
        return Err(SimulatedError::invalid(
            "invalid request: tool_choice REQUIRED needs at least one tool.",
        ));
    }
    tools.iter().try_for_each(name)?;
    if request.strict_tools == Some(true) { strict(tools) } else { Ok(()) }
}

fn name(tool: &Tool) -> Result<(), SimulatedError> {
    let name = &tool.function.name;
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !allowed || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SimulatedError::invalid(format!(
            "invalid request: tool names can only contain certain characters (A-Za-z0-9_) and \
             can't begin with a digit (provided name: '{name}')."
        )));
    }
    Ok(())
}

fn strict(tools: &[Tool]) -> Result<(), SimulatedError> {
    let mut all = 0;
    for Tool { function, .. } in tools {
        let count = |key, count: fn(&Value) -> usize| function.parameters.get(key).map_or(0, count);
        let fields = count("properties", |fields| fields.as_object().map_or(0, |map| map.len()));
        let required = count("required", |names| names.as_array().map_or(0, Vec::len));
        if fields > 0 && required == 0 {
            return Err(SimulatedError::invalid(format!(
                "invalid request: with strict_tools, tool '{}' must have at least one required \
                 parameter.",
                function.name
            )));
        }
        all += fields;
    }
    if all > MAX_STRICT_FIELDS {
        return Err(SimulatedError::invalid(format!(
            "invalid request: strict_tools supports at most {MAX_STRICT_FIELDS} fields, got {all}."
        )));
    }
    Ok(())
}
