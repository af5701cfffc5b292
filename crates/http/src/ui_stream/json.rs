//! JSON of a model in the stream.

use serde_json::Value;

/// The value without the keys that the AI SDK takes for an attack and ends the whole stream at:
/// `__proto__`, and `constructor` with a `prototype` in it.
pub(super) fn without_forbidden_keys(mut value: Value) -> Value {
    drop_forbidden_keys(&mut value);
    value
}

fn drop_forbidden_keys(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_forbidden_keys),
        Value::Object(fields) => {
            fields.retain(|key, value| !is_forbidden(key, value));
            fields.values_mut().for_each(drop_forbidden_keys);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_forbidden(key: &str, value: &Value) -> bool {
    key == "__proto__" || (key == "constructor" && value.get("prototype").is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_that_end_a_clients_stream_are_dropped_at_every_depth_and_the_words_stay() {
        let value: Value = serde_json::from_str(
            r#"{"a":[{"\u005f_proto__":1,"b":2}],"constructor":{"prototype":{}},"c":"__proto__"}"#,
        )
        .unwrap();
        assert_eq!(without_forbidden_keys(value), json!({ "a": [{ "b": 2 }], "c": "__proto__" }));
        let harmless = json!({ "constructor": "Bob", "prototype": { "constructor": {} } });
        assert_eq!(without_forbidden_keys(harmless.clone()), harmless);
    }
}
